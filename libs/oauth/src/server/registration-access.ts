import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  CREDENTIALS_REQUIRED,
  INSUFFICIENT_SCOPE,
  PortcullisError,
  type RequestContext,
} from '@portcullis/auth';
import {
  CredentialCheck,
  demandAccessToken,
  OAUTH_REFUSED,
  OAuthArtifacts,
  RATE_LIMIT_EXCEEDED,
  RATE_LIMIT_SETTINGS,
  type RateLimitSettings,
  RequestCounter,
  subscriberNetworkOf,
} from '@portcullis/auth/internal';
import type { OAuthRegistration } from './server-settings.js';

/** What lets somebody register clients. */
export const REGISTRATION_SCOPE = 'clients:register';

const MODEL = 'RegistrationAccessToken';
/** They end with their client; a row has to end sometime. */
const LIFETIME_MS = 10 * 365 * 86_400_000;
/** Whoever needs more of them has an admin do it. */
const MOST_REGISTRATIONS = { requests: 20, windowSeconds: 3_600 };
const MOST_CHANGES = { requests: 100, windowSeconds: 3_600 };

/** Who may register a client, and who may manage one that has registered itself (RFC 7592). */
@Injectable()
export class RegistrationAccess {
  readonly #counter: RequestCounter;

  constructor(
    @Inject(RATE_LIMIT_SETTINGS) private readonly settings: RateLimitSettings,
    private readonly credentials: CredentialCheck,
    private readonly artifacts: OAuthArtifacts,
  ) {
    const { now, rateLimits } = settings;
    this.#counter = new RequestCounter(now, 'Registrations of clients are counted', rateLimits.limiter);
  }

  /**
   * Demands the initial access token, where one is needed: an API key or an access token with {@link REGISTRATION_SCOPE}.
   *
   * @returns who registers, for the audit log
   * @throws PortcullisError `credentials_required`, `insufficient_scope`, `rate_limit_exceeded`, and what is wrong with a credential
   */
  async demandInitial(request: RequestContext, { openTo }: OAuthRegistration): Promise<string | undefined> {
    await this.#count('register', request, MOST_REGISTRATIONS);
    if (openTo === 'everybody') return undefined;
    await this.credentials.identify(request);
    const { app, user } = request;
    if (app === undefined && user === undefined)
      throw new PortcullisError(CREDENTIALS_REQUIRED, 'no initial access token was sent', {
        challenge: ['token'],
      });
    if (user !== undefined) demandAccessToken(user);
    if (!(app ?? user)?.hasScope(REGISTRATION_SCOPE))
      throw new PortcullisError(INSUFFICIENT_SCOPE, `it needs ${REGISTRATION_SCOPE}`, {
        challenge: ['token'],
        scope: REGISTRATION_SCOPE,
      });
    return user?.subject ?? app?.keyId ?? app?.appId;
  }

  /** Makes the token by which a client is managed. It is kept as a digest, and ends with the client. */
  async issue(clientId: string): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    await this.artifacts.save(MODEL, token, { clientId }, { clientId }, this.settings.now() + LIFETIME_MS);
    return token;
  }

  /** @throws PortcullisError `oauth_refused`, a strike, where it is none of this client's */
  async demandManagement(request: RequestContext, clientId: string): Promise<string> {
    await this.#count('manage', request, MOST_CHANGES);
    const token = /^bearer ([\w-]{43})$/i.exec(request.header('authorization') ?? '')?.[1];
    const found = token === undefined ? undefined : await this.artifacts.find(MODEL, token);
    if (
      token !== undefined &&
      found !== undefined &&
      (found.payload as { clientId?: unknown }).clientId === clientId
    )
      return token;
    throw new PortcullisError(OAUTH_REFUSED, 'no registration access token of this client was sent', {
      status: 401,
      strikeEvent: 'oauth_client_failed',
    });
  }

  async end(token: string): Promise<void> {
    await this.artifacts.end(MODEL, token);
  }

  async #count(what: string, { address }: RequestContext, limit: typeof MOST_CHANGES): Promise<void> {
    const key = `oauth ${what} ${subscriberNetworkOf(address).text}`;
    const { count, resetSeconds } = await this.#counter.count('address', key, limit);
    if (count > limit.requests)
      throw new PortcullisError(RATE_LIMIT_EXCEEDED, `clients ${what} from there all the time`, {
        retryAfterSeconds: resetSeconds,
      });
  }
}
