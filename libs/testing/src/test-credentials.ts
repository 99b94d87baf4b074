import type { INestApplicationContext } from '@nestjs/common';
import {
  ApiKeyService,
  type Authentication,
  Enrolments,
  type NewApiKey,
  type NewSession,
  SessionService,
  TokenIssuer,
} from '@portcullis/auth';
import { byFactors, LOGIN_GATE, type LoginGate, SessionStarting } from '@portcullis/auth/internal';
import { TestAuthenticator } from './test-authenticator.js';
import { TestSession } from './test-session.js';

/** How a user of a test has logged in, for `@RequireLogin`. */
export interface TestAuthentication {
  /** `acr`: how strong that was. By default nothing is said of it. */
  readonly acr?: string;
  /** `amr`: by what, such as `['pwd', 'otp']`. */
  readonly amr?: readonly string[];
  /** `auth_time`: when, in seconds since the epoch. By default now. */
  readonly authTime?: number;
}

/** The user that a test calls for. The token says how they have logged in where the test does. */
export interface TestUser extends TestAuthentication {
  /**
   * `sub`: who the user is.
   * @default 'test-user'
   */
  readonly subject?: string;
  /**
   * What the token may be used for.
   * @default []
   */
  readonly scopes?: readonly string[];
  /**
   * `client_id`: the client that the token is for.
   * @default 'test-client'
   */
  readonly clientId?: string;
  /** How long the token works, in seconds. By default as long as every token of the app. */
  readonly lifetimeSeconds?: number;
}

/** The application that a test calls as. */
export interface TestApp extends Pick<NewApiKey, 'owner' | 'tenant' | 'metadata' | 'networks' | 'rateLimit'> {
  /** @default 'test-app' */
  readonly appId?: string;
  /**
   * The application's name as people know it.
   * @default 'Test app'
   */
  readonly name?: string;
  /**
   * What the key may do.
   * @default []
   */
  readonly scopes?: readonly string[];
}

/** The personal token that a test calls with. */
export interface TestPersonalToken extends Pick<NewApiKey, 'tenant' | 'networks' | 'rateLimit'> {
  /**
   * `sub`: who its user is.
   * @default 'test-user'
   */
  readonly subject?: string;
  /** `iss` of the tokens that its user logs in with. By default the app's own, `tokens.issuer.url`. */
  readonly issuer?: string;
  /**
   * What the token may be used for, as far as `apiKeys.personalTokens.scopesOf` lets its user.
   * @default []
   */
  readonly scopes?: readonly string[];
}

/** The login that a test needs. */
export interface TestLogin extends TestAuthentication, Pick<NewSession, 'device' | 'address'> {
  /**
   * `sub`: who logs in. To be refreshed, the app's `UserDirectory` has to know them.
   * @default 'test-user'
   */
  readonly subject?: string;
  /**
   * What the session may be used for at most.
   * @default []
   */
  readonly scopes?: readonly string[];
  /**
   * `client_id`: what the user logs in with.
   * @default 'test-client'
   */
  readonly clientId?: string;
}

/** Whose authenticator app a test needs. */
export interface TestAuthenticatorOwner {
  /**
   * `sub`: who enrols it.
   * @default 'test-user'
   */
  readonly subject?: string;
  /** The option `now` of the app, where it has one, such as that of a `TestClock`: codes are made for its time. */
  readonly now?: () => number;
}

/** Longer than any test; short enough that a key left behind in a shared store is soon worth nothing. */
const KEY_LIFETIME_SECONDS = 3_600;

/**
 * Credentials for requests to an app under test. They are real: made by the app's own services, and checked
 * by its own guard, so that a test passes or fails for the same reason as a call in production.
 *
 * ```ts
 * const app = await module.createNestApplication().init();
 * const credentials = new TestCredentials(app);
 *
 * await request(app.getHttpServer())
 *   .get('/parcels')
 *   .set(await credentials.user({ scopes: ['parcels:read'] }))
 *   .expect(200);
 *
 * // Both at once:
 * const user = await credentials.user({ scopes: ['parcels:deliver'] });
 * const depot = await credentials.app({ scopes: ['handovers:write'] });
 * await request(app.getHttpServer()).post('/parcels/1/handover').set({ ...user, ...depot }).expect(201);
 * ```
 */
export class TestCredentials {
  readonly #app: INestApplicationContext;

  /** @param app an initialised app, or any context, with `PortcullisModule` */
  constructor(app: INestApplicationContext) {
    this.#app = app;
  }

  /**
   * The headers of a call for a user: an access token that the app issued itself. `{ acr: 'mfa' }` is one who has just proven two factors,
   * and with an `authTime` of a while ago one whose login is that old.
   *
   * @throws TypeError when a scope can't be granted, or the lifetime is longer than the app accepts
   * @throws Error when the app issues no tokens (`tokens.issuer`)
   */
  async user({
    subject = 'test-user',
    clientId = 'test-client',
    scopes = [],
    lifetimeSeconds,
    ...login
  }: TestUser = {}): Promise<{ Authorization: string }> {
    const authentication = authenticationOf(login);
    const { accessToken } = await this.#tokenIssuer.issue({
      ...{ subject, clientId, scopes },
      ...(lifetimeSeconds !== undefined && { lifetimeSeconds }),
      ...(authentication && { authentication }),
    });
    return { Authorization: `Bearer ${accessToken}` };
  }

  /**
   * The headers of a call by an application: a key that is now in the app's store, for one hour.
   *
   * @throws TypeError naming what makes no sense
   */
  async app({
    appId = 'test-app',
    name = 'Test app',
    ...details
  }: TestApp = {}): Promise<Record<string, string>> {
    const { key } = await this.#apiKeys.create({
      ...details,
      appId,
      name,
      lifetimeSeconds: KEY_LIFETIME_SECONDS,
    });
    return { [this.#apiKeys.header]: key };
  }

  /**
   * The headers of a call by a user's own automation: a personal token that is now in the app's store, for one hour.
   *
   * @throws TypeError naming what makes no sense
   * @throws Error when the app issues no tokens (`tokens.issuer`) and no other issuer is given
   */
  async personalToken({
    subject = 'test-user',
    issuer = this.#tokenIssuer.url,
    ...details
  }: TestPersonalToken = {}): Promise<{ Authorization: string }> {
    const { key } = await this.#apiKeys.create({
      ...details,
      issuer,
      subject,
      name: 'Test token',
      lifetimeSeconds: KEY_LIFETIME_SECONDS,
    });
    return { Authorization: `Bearer ${key}` };
  }

  /**
   * Somebody who has logged in: their session refreshes, and ends, as it does in production. Where the app demands a second factor of them,
   * they have proven it (`acr` is `mfa`), unless the test says by `acr` or `amr` how they have logged in.
   *
   * @throws TypeError when a scope can't be granted, or `authTime` has not passed
   * @throws Error when the app issues no tokens (`tokens.issuer`)
   */
  async session({
    subject = 'test-user',
    clientId = 'test-client',
    scopes = [],
    authTime,
    ...details
  }: TestLogin = {}): Promise<TestSession> {
    const login: NewSession = {
      ...details,
      ...(authTime !== undefined && { authTime: authTime * 1000 }),
      ...{ user: { subject, scopes }, clientId },
    };
    const gate: LoginGate = this.#app.get(LOGIN_GATE, { strict: false });
    const isSaid = login.acr !== undefined || login.amr !== undefined;
    const isComplete = isSaid || (await gate.decide(login)).next === 'tokens';
    const starting = this.#app.get(SessionStarting, { strict: false });
    const tokens = await starting.start(isComplete ? login : byFactors(login));
    return new TestSession(this.#app.get(SessionService, { strict: false }), tokens);
  }

  /**
   * An authenticator app (TOTP) that a user has enrolled: from now on it is asked for when they log in.
   *
   * @throws Error when the app issues no tokens (`tokens.issuer`), or has no `PortcullisSessionsModule`
   * @throws PortcullisError `factor_conflict` where the user has as many factors as there may be
   */
  authenticator({
    subject = 'test-user',
    now = Date.now,
  }: TestAuthenticatorOwner = {}): Promise<TestAuthenticator> {
    const enrolments = this.#app.get(Enrolments, { strict: false });
    return TestAuthenticator.enrol(enrolments, { issuer: this.#tokenIssuer.url, subject }, now);
  }

  get #apiKeys(): ApiKeyService {
    return this.#app.get(ApiKeyService, { strict: false });
  }

  get #tokenIssuer(): TokenIssuer {
    return this.#app.get(TokenIssuer, { strict: false });
  }
}

/** A token says nothing of a login of which the test does not. */
function authenticationOf({ acr, amr, authTime }: TestAuthentication): Authentication | undefined {
  if (acr === undefined && amr === undefined && authTime === undefined) return undefined;
  return {
    ...(authTime !== undefined && { time: authTime }),
    ...(amr && { methods: amr }),
    ...(acr !== undefined && { context: acr }),
  };
}
