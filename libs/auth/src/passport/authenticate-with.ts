import type { CredentialScheme } from '../credentials/credential-scheme.js';
import { failureOf, noteFailure } from '../credentials/failures.js';
import { missingCredential } from '../credentials/missing-credential.js';
import { CREDENTIALS_REQUIRED, PortcullisError } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import { Log } from '../log.js';
import type { RequestContext } from '../request/request-context.js';

/** The verbs that Passport gives a strategy while it runs. */
interface RunningStrategy {
  success(user: object): void;
  fail(why: object, status: number): void;
  error(error: unknown): void;
}

/**
 * Reports to Passport what a request proves. "Not mine" fails, so that the next strategy of a list may try; "mine but bad" is an
 * error, so that none does. Either way a guard's `handleRequest` learns why, and what it makes of it keeps our challenge.
 */
export async function authenticateWith(
  strategy: RunningStrategy,
  context: RequestContext,
  scheme: CredentialScheme,
  identify: (context: RequestContext) => Promise<Identity | undefined>,
): Promise<void> {
  try {
    const identity = await identify(context);
    context.isDecided = true;
    if (identity === undefined) strategy.fail(lacking(context, scheme), 401);
    else strategy.success(identity);
  } catch (error) {
    if (error instanceof PortcullisError) noteFailure(context, error);
    reportTo(strategy, error);
  }
}

/** Of a list of strategies each one adds its own to what would have helped. */
function lacking(context: RequestContext, scheme: CredentialScheme): PortcullisError {
  const failure = failureOf(context);
  const missing = missingCredential([scheme], context);
  const all =
    failure?.refusal === CREDENTIALS_REQUIRED
      ? new PortcullisError(CREDENTIALS_REQUIRED, `${failure.reason}, ${missing.reason}`, {
          challenge: [...new Set([...failure.challenge, ...missing.challenge])],
          detail: failure.detail === failure.refusal.detail ? missing.detail : failure.detail,
        })
      : missing;
  noteFailure(context, all);
  return missing;
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
