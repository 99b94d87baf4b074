import { setTimeout as pause } from 'node:timers/promises';
import { PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import type { ReplaySet } from './replay-set.js';

/** How long a turn lasts at most, in seconds: whoever has it may die. */
const TURN_SECONDS = 60;
/** How long others wait for theirs, in milliseconds. */
const PATIENCE_MS = 10_000;
const LOOK_AGAIN_MS = 50;

/** Lets those do something one after another who share a replay set, on whatever instance. */
export class TurnTaking {
  constructor(private readonly turns: ReplaySet) {}

  /**
   * @param what is done by one at a time, for a minute at most
   * @throws PortcullisError `temporarily_unavailable` where others have taken too long, or it can't be said whose turn it is
   */
  async inTurn<T>(what: string, work: () => Promise<T>): Promise<T> {
    const turn = `turn ${what}`;
    await this.#take(turn, what);
    try {
      return await work();
    } finally {
      // Where that fails it ends by itself.
      await this.turns.release(turn).catch(() => undefined);
    }
  }

  async #take(turn: string, what: string): Promise<void> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    const isTaken = () =>
      this.turns.firstUse(turn, TURN_SECONDS).catch((cause) => {
        throw unavailable(`whose turn it is can not be said: ${what}`, cause);
      });
    while (!(await isTaken())) {
      if (performance.now() > giveUpAt) throw unavailable(`others have taken too long: ${what}`);
      await pause(LOOK_AGAIN_MS);
    }
  }
}

function unavailable(reason: string, cause?: unknown): PortcullisError {
  return new PortcullisError(TEMPORARILY_UNAVAILABLE, reason, {
    retryAfterSeconds: 1,
    ...(cause !== undefined && { cause }),
  });
}
