import type { EventEmitter } from 'node:events';
import { PortcullisError, RequestContext, SecurityEvents } from '@portcullis/auth';
import {
  isOfConnection,
  noteCaller,
  noteRefusal,
  OAUTH_REFUSED,
  OAUTH_SERVER_FAILED,
  OAUTH_SERVER_REFUSED,
} from '@portcullis/auth/internal';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { provenClientIn } from './proven-client.js';

/** What the provider calls its errors; each of them is one of ours. */
const ERRORS = [
  'authorization.error',
  'grant.error',
  'introspection.error',
  'revocation.error',
  'userinfo.error',
  'pushed_authorization_request.error',
  'device_authorization.error',
  'code_verification.error',
  'device_resume.error',
  'end_session.error',
  'end_session_confirm.error',
  'registration_create.error',
] as const;

/** An error of the provider's. What is exposed is for the client, the detail for the operator. */
interface ProviderError extends Error {
  readonly error?: string | undefined;
  readonly error_description?: string | undefined;
  readonly error_detail?: string | undefined;
  readonly statusCode?: number | undefined;
}

/** Details by which a guess is told from what honest clients meet. */
const GUESSED_CODE = /^(?:authorization|device) code not found$/;

/** Has what the provider refuses told to the operator, and counted where it is a guess. It writes nothing to the console. */
export function reportErrors(provider: Provider, events: SecurityEvents): void {
  for (const name of ERRORS)
    provider.on(name as 'grant.error', (context, error) =>
      report(context as KoaContextWithOIDC, error, events),
    );
  provider.on('server_error', (context, error) => fail(context, error, events));
  // What Koa can not answer, it would print.
  (provider as EventEmitter).on('error', (error: Error, context?: KoaContextWithOIDC) =>
    fail(context, error, events),
  );
}

function report(context: KoaContextWithOIDC, error: ProviderError, events: SecurityEvents): void {
  const request = RequestContext.of(context.req as never);
  const { error: code = 'server_error', error_description: text, error_detail: detail } = error;
  const clientId = context.oidc.client?.clientId;
  const reason = [code, text, detail].filter((part) => part !== undefined).join(': ');
  if (request === undefined) return;
  const strikeEvent = guessIn(error, context);
  const caller = callerIn(context);
  const { facts } = request;
  if (strikeEvent === undefined) {
    if (caller !== undefined) noteCaller(facts, caller);
    events.emit(OAUTH_SERVER_REFUSED, {
      request: facts,
      code,
      reason,
      ...(clientId !== undefined && { clientId }),
    });
  } else {
    const details = { status: error.statusCode ?? 400, strikeEvent, caller: () => caller };
    noteRefusal(new PortcullisError(OAUTH_REFUSED, reason, details), request);
  }
}

/** The client that has proven itself, or else the user who has logged in. A client's id alone proves nothing. */
function callerIn(context: KoaContextWithOIDC): string | undefined {
  const client = provenClientIn(context);
  if (client !== undefined) return JSON.stringify(['client', client]);
  const subject = context.oidc.session?.accountId;
  return subject === undefined ? undefined : JSON.stringify(['subject', subject]);
}

/** The page is shown once more, so that this is no error of the provider's. */
export function noteWrongCode(context: KoaContextWithOIDC): void {
  const refusal = new PortcullisError(OAUTH_REFUSED, 'there is no device with this code', {
    strikeEvent: 'user_code_failed',
  });
  const request = RequestContext.of(context.req as never);
  if (request !== undefined) noteRefusal(refusal, request);
}

/** What the rules for strikes call it; undefined for what is no guess. */
function guessIn(
  { error, error_detail: detail = '' }: ProviderError,
  context: KoaContextWithOIDC,
): string | undefined {
  if (error === 'invalid_client') return 'oauth_client_failed';
  if (error === 'invalid_grant' && GUESSED_CODE.test(detail) && context.state.isLate !== true)
    return 'oauth_code_failed';
  return undefined;
}

function fail(context: KoaContextWithOIDC | undefined, error: Error, events: SecurityEvents): void {
  if (error instanceof PortcullisError) {
    const request = context && RequestContext.of(context.req as never);
    if (request !== undefined) noteRefusal(error, request);
    // An outage must not look like a mistake of the client's.
    if (context !== undefined && error.retryAfterSeconds !== undefined) {
      context.status = error.getStatus();
      context.set('Retry-After', String(error.retryAfterSeconds));
      if (isServerError(context.body)) context.body = { error: error.code, error_description: error.detail };
    }
    return;
  }
  // Whoever breaks off within a body would have an outage told of as often as they like.
  if (context !== undefined && isOfConnection(error, context.req)) return;
  const facts = context && RequestContext.of(context.req as never)?.facts;
  events.emit(OAUTH_SERVER_FAILED, {
    reason: error.stack ?? String(error),
    ...(facts && { request: facts }),
  });
}

function isServerError(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'error' in body && body.error === 'server_error';
}
