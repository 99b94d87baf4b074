import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds. */
const SLICE = 5;

/**
 * Statements of SQLite run in the process's one thread, and what they answer comes without a turn of the event loop: whoever asks page
 * after page, or for a thousand things at once, would let nobody else in. After a few milliseconds of statements the others have their
 * turn. One statement still holds them up as long as it takes.
 */
class StatementTurns {
  /** When the first statement of this turn of the event loop began. */
  #began: number | undefined;

  /** Resolves when a statement may run. */
  async take(): Promise<void> {
    while (this.#began !== undefined && performance.now() - this.#began >= SLICE) await nextTurn();
    if (this.#began !== undefined) return;
    this.#began = performance.now();
    setImmediate(() => {
      this.#began = undefined;
    });
  }
}

/** All files share the one thread. */
export const STATEMENT_TURNS = new StatementTurns();
