import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Does work for many at once: what comes in one turn of the event loop is done together, and so is what comes while others are
 * under way.
 */
export class Batches<Item, Result = void> {
  #waiting: Item[] = [];
  #next: Promise<Result> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param most how many are done together at most
   * @param work fails for all of them together
   */
  constructor(
    private readonly most: number,
    private readonly work: (items: readonly Item[]) => Promise<Result>,
  ) {}

  /** Resolves when it is done, with what was the result for all of them. */
  add(item: Item): Promise<Result> {
    if (this.#next === undefined || this.#waiting.length >= this.most) this.#begin();
    this.#waiting.push(item);
    return this.#next as Promise<Result>;
  }

  #begin(): void {
    const items: Item[] = [];
    this.#waiting = items;
    const work = this.#last.then(async () => {
      await nextTurn();
      // From here on whoever comes is too late for these.
      if (this.#waiting === items) this.#next = undefined;
      return this.work(items);
    });
    this.#next = work;
    this.#last = work.catch(() => {});
  }
}
