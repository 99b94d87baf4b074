import { Injectable } from '@nestjs/common';
import { HeaderAPIKeyStrategy } from 'passport-headerapikey';
import { ApiKeyScheme } from '../api-keys/api-key-scheme.js';
import { CredentialCheck } from '../credentials/credential-check.js';
import { missingCredential } from '../credentials/missing-credential.js';
import type { AppIdentity, Identity } from '../identity/identity.js';
import type { RequestContext } from '../request/request-context.js';
import type { FrameworkRequest } from '../request/request-head.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { authenticateWith, verifiedElsewhere } from './authenticate-with.js';

/**
 * App identity from the API key header, as the Passport strategy `headerapikey`: a thin adapter, for teams that write
 * `AuthGuard('headerapikey')`. In place of its own verification it asks Portcullis.
 */
@Injectable()
export class ApiKeyStrategy extends HeaderAPIKeyStrategy {
  constructor(
    private readonly lifecycle: RequestLifecycle,
    private readonly credentials: CredentialCheck,
    private readonly scheme: ApiKeyScheme,
  ) {
    super({ header: scheme.header, prefix: '' }, false, verifiedElsewhere);
  }

  override authenticate(request: FrameworkRequest): void {
    void authenticateWith(this, this.lifecycle.ofRequest(request), this.scheme, async (context) =>
      onlyApp(await this.credentials.identifyBy(this.scheme, context, 'app'), context, this.scheme),
    );
  }
}

/** Who writes `AuthGuard('headerapikey')` expects an app in `request.user`; users send personal tokens as bearer tokens. */
function onlyApp(
  identity: Identity | undefined,
  context: RequestContext,
  scheme: ApiKeyScheme,
): AppIdentity | undefined {
  if (identity?.kind !== 'user') return identity;
  throw missingCredential([scheme], context, 'app', 'user');
}
