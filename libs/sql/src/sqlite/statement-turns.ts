import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds. */
const SLICE = 5;

/**
 * Statements of SQLite run in the process's one thread, and what they answer comes without a turn of the event loop: whoever asks page
 * after page, or for a thousand things at once, would let nobody else in. After a few milliseconds of statements the others have their
 * turn. One statement still holds them up as long as it takes.
 */
export class StatementTurns {
  /** When the first statement of this turn of the event loop began. */
  #began: number | undefined;
  #last: Promise<void> = Promise.resolve();

  /** Resolves when a statement may run, for whoever asked first first: a reader would otherwise never come between writers. */
  take(): Promise<void> {
    this.#last = this.#last.then(() => this.#next());
    return this.#last;
  }

  async #next(): Promise<void> {
    if (this.#began !== undefined && performance.now() - this.#began >= SLICE) {
      await nextTurn();
      this.#began = undefined;
    }
    if (this.#began !== undefined) return;
    const began = performance.now();
    this.#began = began;
    setImmediate(() => {
      if (this.#began === began) this.#began = undefined;
    });
  }
}

/** All files share the one thread. */
export const STATEMENT_TURNS = new StatementTurns();
