import type { MaybePromise } from '../async/maybe-promise.js';
import type { Identity } from '../identity/identity.js';
import type { RequestContext } from '../request/request-context.js';

/** The verbs that Passport gives a strategy while it runs. */
interface RunningStrategy {
  success(user: object): void;
  fail(status: number): void;
  error(error: unknown): void;
}

/**
 * Reports to Passport what a strategy of ours found, which is also what `@CurrentUser()` and `@CurrentApp()` give then.
 * "Not mine" fails, so that the next strategy of a list may try; "mine but bad" is an error, so that none does.
 */
export async function report(
  strategy: RunningStrategy,
  context: RequestContext,
  identify: (context: RequestContext) => MaybePromise<Identity | undefined>,
): Promise<void> {
  try {
    const identity = await identify(context);
    if (identity === undefined) return strategy.fail(401);
    context.hold(identity);
    strategy.success(identity);
  } catch (error) {
    strategy.error(error);
  }
}
