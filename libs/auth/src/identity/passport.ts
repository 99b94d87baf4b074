import type { Identity } from './identity.js';
import type { MaybePromise } from './maybe-promise.js';

/** The verbs that Passport gives a strategy while it runs. */
interface RunningStrategy {
  success(user: object): void;
  fail(status: number): void;
  error(error: unknown): void;
}

/**
 * Reports to Passport what a strategy of ours found. "Not mine" fails, so that the next strategy of a list
 * may try; "mine but bad" is an error, so that none does.
 */
export async function report(
  strategy: RunningStrategy,
  identify: () => MaybePromise<Identity | undefined>,
): Promise<void> {
  try {
    const identity = await identify();
    if (identity === undefined) strategy.fail(401);
    else strategy.success(identity);
  } catch (error) {
    strategy.error(error);
  }
}
