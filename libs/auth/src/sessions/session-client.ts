import type { FrameworkRequest } from '../request/request-head.js';

/** Injects the {@link SessionClient} that the routes are for. */
export const SESSION_CLIENT = Symbol('portcullis.session-client');

/** A front end, as its routes know it. */
export interface SessionClient {
  readonly clientId: string;
  readonly scopes?: readonly string[];
  readonly accessTokenSeconds?: number;
  readonly idleSeconds?: number;
  readonly lifetimeSeconds?: number;
  /** Undefined where refresh tokens are in the answers. */
  readonly cookie: { readonly cookieName: string; readonly allowedOrigins: readonly string[] } | undefined;
  /** Whether sessions are bound to the certificate of the client, where one comes and no DPoP proof does. */
  readonly bindToCertificate?: boolean;
  readonly deviceNameOf?: (request: FrameworkRequest) => string | undefined;
}
