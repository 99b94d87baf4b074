import { Injectable } from '@nestjs/common';
import { Strategy } from 'passport-jwt';
import { DpopScheme } from '../binding/dpop-scheme.js';
import { BearerScheme } from '../credentials/bearer-scheme.js';
import { CredentialCheck } from '../credentials/credential-check.js';
import { missingCredential } from '../credentials/missing-credential.js';
import type { Identity, UserIdentity } from '../identity/identity.js';
import type { RequestContext } from '../request/request-context.js';
import type { FrameworkRequest } from '../request/request-head.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { authenticateWith, verifiedElsewhere } from './authenticate-with.js';

/**
 * User identity from the bearer token, as the Passport strategy `jwt`: a thin adapter, for teams that write `AuthGuard('jwt')`.
 * In place of `passport-jwt`'s own verification, which knows neither EdDSA nor several issuers, it asks Portcullis.
 */
@Injectable()
export class JwtStrategy extends Strategy {
  constructor(
    private readonly lifecycle: RequestLifecycle,
    private readonly credentials: CredentialCheck,
    private readonly scheme: BearerScheme,
    private readonly dpop: DpopScheme,
  ) {
    super({ jwtFromRequest: () => null, secretOrKeyProvider: verifiedElsewhere }, verifiedElsewhere);
  }

  override authenticate(request: FrameworkRequest): void {
    const { credentials, scheme, dpop } = this;
    void authenticateWith(this, this.lifecycle.ofRequest(request), scheme, async (context) => {
      // Tokens come in two ways: those that are bound to a key with a proof of it.
      const identity =
        (await credentials.identifyBy(scheme, context, 'user')) ??
        (await credentials.identifyBy(dpop, context, 'user'));
      return onlyUser(identity, context, scheme);
    });
  }
}

/** Who writes `AuthGuard('jwt')` expects a user in `request.user`. */
function onlyUser(
  identity: Identity | undefined,
  context: RequestContext,
  scheme: BearerScheme,
): UserIdentity | undefined {
  if (identity?.kind !== 'app') return identity;
  throw missingCredential([scheme], context, 'user', 'app');
}
