import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import passport, { type Authenticator } from 'passport';
import { Strategy, type StrategyOptionsWithoutRequest } from 'passport-jwt';
import { ApiKeyAuthenticator } from '../api-keys/api-key-authenticator.js';
import { chain, type MaybePromise } from '../async/maybe-promise.js';
import { RequireTls } from '../credentials/require-tls.js';
import { PortcullisError } from '../errors.js';
import type { Identity, UserIdentity } from '../identity/identity.js';
import type { FrameworkRequest, RequestContext } from '../request/request-context.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { TokenVerifier } from '../tokens/token-verifier.js';
import { report } from './report-to-passport.js';

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
    private readonly lifecycle: RequestLifecycle,
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
  identify(context: RequestContext): MaybePromise<Identity | undefined> {
    const token = context.bearerToken();
    if (token === undefined) return undefined;
    if (this.apiKeys.claims(token)) return this.apiKeys.identify(context, token, 'token');
    return this.requireTls.isMetBy(context)
      ? this.validate(token)
      : this.requireTls.refuse(context, 'token', async () => (await this.validate(token)).tokenId);
  }

  /** Proves a token. */
  validate(token: string): MaybePromise<Identity> {
    const verified = this.verifier.verify(token);
    return verified instanceof Promise ? verified.then(({ identity }) => identity) : verified.identity;
  }

  override authenticate(request: FrameworkRequest): void {
    void report(this, this.lifecycle.ofRequest(request), (context) =>
      chain(this.identify(context), onlyUser),
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
