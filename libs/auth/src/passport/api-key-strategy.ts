import { Injectable } from '@nestjs/common';
import { HeaderAPIKeyStrategy } from 'passport-headerapikey';
import { API_KEY_KIND, ApiKeyScheme } from '../api-keys/api-key-scheme.js';
import { CredentialCheck } from '../credentials/credential-check.js';
import { CREDENTIALS_REQUIRED, PortcullisError } from '../errors.js';
import type { AppIdentity, Identity } from '../identity/identity.js';
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
    void authenticateWith(this, this.lifecycle.ofRequest(request), async (context) =>
      onlyApp(await this.credentials.identifyBy(this.scheme, context, 'app')),
    );
  }
}

/** Who writes `AuthGuard('headerapikey')` expects an app in `request.user`; users send personal tokens as bearer tokens. */
function onlyApp(identity: Identity | undefined): AppIdentity | undefined {
  if (identity?.kind !== 'user') return identity;
  throw new PortcullisError(CREDENTIALS_REQUIRED, "the key is a user's personal token, not an app's", {
    challenge: [API_KEY_KIND],
  });
}
