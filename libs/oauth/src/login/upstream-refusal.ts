import { PortcullisError } from '@portcullis/auth';
import { signOnFailed } from './login-refusals.js';
import { unavailable } from './upstream-fetch.js';

/** Errors by which an issuer says that it has a fault of its own (RFC 6749 section 4.1.2.1). */
const OUTAGES = ['server_error', 'temporarily_unavailable'];
const LONGEST = 200;

/** Parts of what `openid-client` throws; the cause may hold codes and tokens, and is not kept. */
interface LibraryError {
  readonly code?: unknown;
  readonly error?: unknown;
  readonly error_description?: unknown;
  readonly cause?: unknown;
}

/** What an error on the way to another issuer is here. */
export function upstreamRefusal(name: string, error: unknown): PortcullisError {
  for (let each = error; each instanceof Error; each = each.cause)
    if (each instanceof PortcullisError) return each;
  const { code, error: answered, error_description: description } = (error ?? {}) as LibraryError;
  if (typeof answered === 'string') {
    const said = `${name} says ${answered}${typeof description === 'string' ? `: ${description}` : ''}`;
    return OUTAGES.includes(answered)
      ? unavailable(name, said.slice(0, LONGEST))
      : signOnFailed(said.slice(0, LONGEST));
  }
  if (code === 'OAUTH_TIMEOUT') return unavailable(name, 'it took too long');
  const claim = claimIn((error as LibraryError)?.cause);
  const what = error instanceof Error ? error.message : String(error);
  return signOnFailed(`${name}: ${what}${claim === undefined ? '' : ` (${claim})`}`);
}

/** Which claim is wrong: `openid-client` says it two errors deeper. */
function claimIn(cause: unknown): string | undefined {
  const { message, cause: details } = (cause ?? {}) as { message?: unknown; cause?: { claim?: unknown } };
  if (typeof details?.claim === 'string') return details.claim;
  return typeof message === 'string' ? message : undefined;
}
