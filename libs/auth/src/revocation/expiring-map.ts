/**
 * A map whose entries leave when their time is over, without a timer and without ever being walked through: entries are
 * kept in the order in which they came, which is the order in which they go, and each newcomer clears away two.
 */
export class ExpiringMap<V extends { readonly expiresAt: number } | number> {
  readonly #entries = new Map<string, V>();

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    // Most of the time most of these maps are empty, and even then a lookup hashes its key.
    return this.#entries.size === 0 ? undefined : this.#entries.get(key);
  }

  /** @param now what has expired by then, in the unit of the entries' own times, may leave */
  set(key: string, value: V, now: number): void {
    // A key that is set again goes to the end of the line.
    this.#entries.delete(key);
    this.#entries.set(key, value);
    let cleared = 0;
    for (const [oldest, entry] of this.#entries) {
      if (cleared++ === 2 || expiryOf(entry) > now) break;
      this.#entries.delete(oldest);
    }
  }
}

function expiryOf(entry: { readonly expiresAt: number } | number): number {
  return typeof entry === 'number' ? entry : entry.expiresAt;
}
