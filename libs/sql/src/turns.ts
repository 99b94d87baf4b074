import { StoreError } from './store-error.js';

/** Lets so many calls go on at a time: whatever they wait for, connections are left for other work. */
export class Turns {
  #free: number;
  readonly #waiting = new Set<() => void>();

  /**
   * @param most how many at a time
   * @param patience milliseconds that a call waits for its turn
   */
  constructor(
    most: number,
    private readonly patience: number,
  ) {
    this.#free = most;
  }

  /** @throws StoreError when its turn does not come */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await this.#turn();
    try {
      return await work();
    } finally {
      this.#pass();
    }
  }

  #turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(go);
        reject(new StoreError('the database takes too long'));
      }, this.patience);
      this.#waiting.add(go);
    });
  }

  #pass(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free++;
    else {
      this.#waiting.delete(next);
      next();
    }
  }
}
