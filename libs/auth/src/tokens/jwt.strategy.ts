import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import passport, { type Authenticator } from 'passport';
import { Strategy, type StrategyOptionsWithoutRequest } from 'passport-jwt';
import { ApiKeyAuthenticator } from '../api-keys/api-key.authenticator.js';
import { PortcullisError } from '../errors.js';
import { Exchanges } from '../http/exchanges.js';
import { RequireTls } from '../http/require-tls.js';
import type { Exchange, FrameworkRequest } from '../identity/exchange.js';
import type { Identity, UserIdentity } from '../identity/identity.js';
import { chain, type MaybePromise } from '../identity/maybe-promise.js';
import { report } from '../identity/passport.js';
import { TokenVerifier } from './token-verifier.js';

/** The base class insists on options for the verification that is replaced. */
const UNUSED_OPTIONS: StrategyOptionsWithoutRequest = {
  jwtFromRequest: () => null,
  secretOrKeyProvider: (_request, _token, done) => done(new Error('unused')),
};

/**
 * User identity from the bearer token, as the Passport strategy `jwt`. It replaces the verification of
 * `passport-jwt`, which knows neither EdDSA nor several issuers, and brings a Passport registry of its own,
 * because Passport's is one for the whole process.
 */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
  /** Passport with this strategy alone. Set while the base class registers, so it must have no initialiser here. */
  declare readonly passport: Authenticator;

  constructor(
    private readonly exchanges: Exchanges,
    private readonly requireTls: RequireTls,
    private readonly verifier: TokenVerifier,
    private readonly apiKeys: ApiKeyAuthenticator,
  ) {
    super(UNUSED_OPTIONS);
  }

  getPassportInstance(): Authenticator {
    return Object.assign(this, { passport: new passport.Passport() }).passport;
  }

  /**
   * Whom the bearer token of the request proves: a user, or a client that acts for itself; undefined without one. Simple
   * clients can only send bearer tokens, so personal tokens and API keys are taken here, too.
   */
  identify(exchange: Exchange): MaybePromise<Identity | undefined> {
    const token = exchange.bearerToken();
    if (token === undefined) return undefined;
    if (this.apiKeys.claims(token)) return this.apiKeys.identify(exchange, token, 'token');
    return this.requireTls.isMetBy(exchange)
      ? this.validate(token)
      : this.requireTls.refuse(exchange, 'token', async () => (await this.validate(token)).tokenId);
  }

  /** Proves a token. */
  validate(token: string): MaybePromise<Identity> {
    const verified = this.verifier.verify(token);
    return verified instanceof Promise ? verified.then(({ identity }) => identity) : verified.identity;
  }

  override authenticate(request: FrameworkRequest): void {
    void report(this, this.exchanges.ofRequest(request), (exchange) =>
      chain(this.identify(exchange), onlyUser),
    );
  }
}

/** Who writes `AuthGuard('jwt')` expects a user in `request.user`. */
function onlyUser(identity: Identity | undefined): UserIdentity | undefined {
  if (identity?.kind !== 'app') return identity;
  throw new PortcullisError('credentials_required', "the token is a client's, not a user's", {
    challenge: ['token'],
  });
}
