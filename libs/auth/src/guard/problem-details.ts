import { type CredentialKind, type PortcullisError } from '../errors.js';
import type { ResolvedOptions } from '../portcullis.options.js';
import { resourceMetadataUrl } from '../tokens/resource.js';

/** A refusal as it goes over the wire. */
export interface Problem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string;
}

/** Writes a refusal as problem details (RFC 9457) with its challenges (RFC 9110 section 11.6.1, RFC 6750 section 3). */
export function problemOf(error: PortcullisError, requestId: string, options: ResolvedOptions): Problem {
  const status = error.getStatus();
  const challenges = error.challenge.map((kind) => challengeFor(kind, error, options));
  return {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      ...(challenges.length > 0 && { 'WWW-Authenticate': challenges }),
      ...(error.retryAfterSeconds !== undefined && { 'Retry-After': String(error.retryAfterSeconds) }),
    },
    body: bodyOf(error, status, requestId),
  };
}

/** What is the same in every body of one code and status, up to its last brace. */
const beginnings = new Map<string, string>();

/** A flood of refusals is the worst time to write the same text again and again. */
function bodyOf({ code, title, detail, scope }: PortcullisError, status: number, requestId: string): string {
  const key = `${status} ${code}`;
  let beginning = beginnings.get(key);
  if (beginning === undefined) {
    const type = `urn:problem-type:portcullis:${code}`;
    beginning = JSON.stringify({ type, title, status, detail, code }).slice(0, -1);
    beginnings.set(key, beginning);
  }
  const demanded = scope === undefined ? '' : `,"scope":${JSON.stringify(scope)}`;
  return `${beginning}${demanded},"requestId":"${requestId}"}`;
}

/** RFC 6750 section 3.1: a request without any credential is told how to authenticate, and no error. */
function challengeFor(kind: CredentialKind, error: PortcullisError, options: ResolvedOptions): string {
  const { realm, apiKeys, tokens } = options;
  const metadata = kind === 'token' ? tokens && resourceMetadataUrl(tokens) : undefined;
  const parameters = {
    realm,
    ...(kind === 'api-key' && { header: apiKeys.header }),
    ...(error.code !== 'credentials_required' && { error: error.code }),
    ...(error.scope !== undefined && { scope: error.scope }),
    ...(metadata !== undefined && { resource_metadata: metadata }),
  };
  const written = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`);
  return `${kind === 'token' ? 'Bearer' : 'ApiKey'} ${written.join(', ')}`;
}
