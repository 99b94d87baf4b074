/**
 * Entries that were used lately, far cheaper to write than {@link RecentlyUsed}, which keeps the order of all: a flood writes with each
 * request. When the young generation is full it becomes the old one, and what was old, and not used since, leaves at once.
 */
export class TwoGenerations<Value extends {}> {
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  /** Of the young generation. */
  #size = 0;

  /**
   * @param most size of a generation: what was used last is there up to that for sure, and never more than twice as much
   * @param sizeOf what a value counts; one by default. A value must keep its size
   */
  constructor(
    private readonly most: number,
    private readonly sizeOf?: (value: Value) => number,
  ) {}

  /** The value of a key, which is used by that. */
  get(key: string): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  /** The value of a key, without using it. */
  peek(key: string): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: string, value: Value): void {
    const before = this.#young.get(key);
    if (before !== undefined) this.#size -= this.#sizeOf(before);
    else if (this.#size >= this.most) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#size = 0;
    }
    this.#young.set(key, value);
    this.#size += this.#sizeOf(value);
  }

  delete(key: string): void {
    const young = this.#young.get(key);
    if (young !== undefined) this.#size -= this.#sizeOf(young);
    this.#young.delete(key);
    this.#old.delete(key);
  }

  #sizeOf(value: Value): number {
    return this.sizeOf === undefined ? 1 : this.sizeOf(value);
  }
}
