import { newBackoff } from './backoff.js';
import { answerWithin } from './time-limit.js';

/** How long one piece of work may take before the next has its turn, in milliseconds. */
const PATIENCE_MS = 30_000;

type Work = () => Promise<unknown>;

/** Work that has to be done: now, or else as soon as it can be, for as long as this process lives. */
export class OwedWork {
  readonly #owed = new Map<string, Work>();
  #isRetrying = false;
  #isClosed = false;

  /** How much is to be done again. */
  get size(): number {
    return this.#owed.size;
  }

  /**
   * Does it now. Where that fails it stays owed.
   *
   * @param name of two of one name only the later is owed
   * @throws what the work throws at first
   */
  async do(name: string, work: Work): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#owed.set(name, work);
      if (!this.#isRetrying) void this.#retry();
      throw error;
    }
  }

  close(): void {
    this.#isClosed = true;
  }

  /** In turn: what fails goes to the end, so that it holds up nothing else. */
  async #retry(): Promise<void> {
    this.#isRetrying = true;
    let backoff = newBackoff();
    await backoff.next();
    for (let first = this.#first; first !== undefined && !this.#isClosed; first = this.#first) {
      const [name, work] = first;
      const isDone = await isDoneInTime(work);
      const isLatest = this.#owed.get(name) === work;
      if (isLatest) this.#owed.delete(name);
      if (isDone) backoff = newBackoff();
      else {
        if (isLatest) this.#owed.set(name, work);
        await backoff.next();
      }
    }
    this.#isRetrying = false;
  }

  get #first(): [string, Work] | undefined {
    return this.#owed.entries().next().value;
  }
}

/** Never fails: also what throws instead of failing, or hangs for ever, is only not done. */
async function isDoneInTime(work: Work): Promise<boolean> {
  try {
    await answerWithin(PATIENCE_MS, 'owed work', Promise.resolve().then(work));
    return true;
  } catch {
    return false;
  }
}
