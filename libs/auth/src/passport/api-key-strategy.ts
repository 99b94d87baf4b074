import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import passport, { type Authenticator } from 'passport';
import { HeaderAPIKeyStrategy } from 'passport-headerapikey';
import { ApiKeyAuthenticator } from '../api-keys/api-key-authenticator.js';
import { ApiKeyService } from '../api-keys/api-key-service.js';
import { chain, type MaybePromise } from '../async/maybe-promise.js';
import { PortcullisError } from '../errors.js';
import type { AppIdentity, Identity } from '../identity/identity.js';
import type { FrameworkRequest, RequestContext } from '../request/request-context.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { report } from './report-to-passport.js';

/**
 * Identity from the API key header, as the Passport strategy `headerapikey`. Passport's own registry is
 * one for the whole process, so each instance brings a registry of its own: two apps never meet.
 */
@Injectable()
export class ApiKeyStrategy extends PassportStrategy(HeaderAPIKeyStrategy, 'headerapikey') {
  /** Passport with this strategy alone. Set while the base class registers, so it must have no initialiser here. */
  declare readonly passport: Authenticator;

  constructor(
    private readonly lifecycle: RequestLifecycle,
    private readonly apiKeys: ApiKeyService,
    private readonly authenticator: ApiKeyAuthenticator,
  ) {
    super({ header: apiKeys.header, prefix: '' }, true);
  }

  getPassportInstance(): Authenticator {
    return Object.assign(this, { passport: new passport.Passport() }).passport;
  }

  /** Whom the key of the request proves: an app, or the user whose personal token it is; undefined when there is none. */
  identify(context: RequestContext): MaybePromise<Identity | undefined> {
    const key = context.apiKey(this.apiKeys.header);
    return key === undefined ? undefined : this.authenticator.identify(context, key, 'api-key');
  }

  /** The base class asks for it; {@link authenticate} does the work. */
  validate(): never {
    throw new Error('unused');
  }

  override authenticate(request: FrameworkRequest): void {
    void report(this, this.lifecycle.ofRequest(request), (context) => chain(this.identify(context), onlyApp));
  }
}

/** Who writes `AuthGuard('headerapikey')` expects an app in `request.user`; users send personal tokens as bearer tokens. */
function onlyApp(identity: Identity | undefined): AppIdentity | undefined {
  if (identity?.kind !== 'user') return identity;
  throw new PortcullisError('credentials_required', "the key is a user's personal token, not an app's", {
    challenge: ['api-key'],
  });
}
