import type { Identity } from '../identity/identity.js';
import { Log } from '../log.js';
import type { RequestContext } from '../request/request-context.js';

/** The verbs that Passport gives a strategy while it runs. */
interface RunningStrategy {
  success(user: object): void;
  fail(status: number): void;
  error(error: unknown): void;
}

/**
 * Reports to Passport what a request proves. "Not mine" fails, so that the next strategy of a list may try; "mine but bad" is an
 * error, so that none does.
 */
export async function authenticateWith(
  strategy: RunningStrategy,
  context: RequestContext,
  identify: (context: RequestContext) => Promise<Identity | undefined>,
): Promise<void> {
  try {
    const identity = await identify(context);
    if (identity === undefined) strategy.fail(401);
    else strategy.success(identity);
  } catch (error) {
    reportTo(strategy, error);
  }
}

/** Passport waits for no promise: what its callback of the app throws, here too, would end the process. */
function reportTo(strategy: RunningStrategy, error: unknown): void {
  try {
    strategy.error(error);
  } catch (thrown) {
    new Log().error(`Passport's callback failed: ${thrown}`);
  }
}

/** What the strategies' base classes want to be given, and never ask: what they verify is verified by Portcullis. */
export function verifiedElsewhere(): never {
  throw new Error('Portcullis verifies credentials itself');
}
