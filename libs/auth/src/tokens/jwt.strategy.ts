import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import passport, { type Authenticator } from 'passport';
import { Strategy, type StrategyOptionsWithoutRequest } from 'passport-jwt';
import { PortcullisError } from '../errors.js';
import { Exchanges } from '../http/exchanges.js';
import { RequireTls } from '../http/require-tls.js';
import type { Exchange, FrameworkRequest } from '../identity/exchange.js';
import type { UserIdentity } from '../identity/identity.js';
import { chain, type MaybePromise } from '../identity/maybe-promise.js';
import { report } from '../identity/passport.js';
import { RevocationService } from '../revocation/revocation.service.js';
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
    private readonly revocations: RevocationService,
  ) {
    super(UNUSED_OPTIONS);
  }

  getPassportInstance(): Authenticator {
    return Object.assign(this, { passport: new passport.Passport() }).passport;
  }

  /** The user that the request proves; undefined when it carries no bearer token. */
  identify(exchange: Exchange): MaybePromise<UserIdentity | undefined> {
    const token = exchange.bearerToken();
    if (token === undefined) return undefined;
    return this.requireTls.prove(exchange, 'token', () => this.validate(token));
  }

  /** Proves a token that is not revoked. The second is asked on every request, the first is remembered. */
  validate(token: string): MaybePromise<UserIdentity> {
    return chain(this.verifier.identify(token), (user) => {
      const revocation = this.revocations.find(user);
      if (revocation === undefined) return user;
      throw new PortcullisError('invalid_token', `token ${user.tokenId} is revoked: ${revocation.reason}`, {
        challenge: ['token'],
      });
    });
  }

  override authenticate(request: FrameworkRequest): void {
    void report(this, () => this.identify(this.exchanges.ofRequest(request)));
  }
}
