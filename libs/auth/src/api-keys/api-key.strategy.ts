import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import passport, { type Authenticator } from 'passport';
import { HeaderAPIKeyStrategy } from 'passport-headerapikey';
import { PortcullisError } from '../errors.js';
import { Exchanges } from '../http/exchanges.js';
import type { Exchange, FrameworkRequest } from '../identity/exchange.js';
import type { AppIdentity, Identity } from '../identity/identity.js';
import { chain, type MaybePromise } from '../identity/maybe-promise.js';
import { report } from '../identity/passport.js';
import { ApiKeyAuthenticator } from './api-key.authenticator.js';
import { ApiKeyService } from './api-key.service.js';

/**
 * Identity from the API key header, as the Passport strategy `headerapikey`. Passport's own registry is
 * one for the whole process, so each instance brings a registry of its own: two apps never meet.
 */
@Injectable()
export class ApiKeyStrategy extends PassportStrategy(HeaderAPIKeyStrategy, 'headerapikey') {
  /** Passport with this strategy alone. Set while the base class registers, so it must have no initialiser here. */
  declare readonly passport: Authenticator;

  constructor(
    private readonly exchanges: Exchanges,
    private readonly apiKeys: ApiKeyService,
    private readonly authenticator: ApiKeyAuthenticator,
  ) {
    super({ header: apiKeys.header, prefix: '' }, true);
  }

  getPassportInstance(): Authenticator {
    return Object.assign(this, { passport: new passport.Passport() }).passport;
  }

  /** Whom the key of the request proves: an app, or the user whose personal token it is; undefined when there is none. */
  identify(exchange: Exchange): MaybePromise<Identity | undefined> {
    const key = exchange.apiKey(this.apiKeys.header);
    return key === undefined ? undefined : this.authenticator.identify(exchange, key, 'api-key');
  }

  /** The base class asks for it; {@link authenticate} does the work. */
  validate(): never {
    throw new Error('unused');
  }

  override authenticate(request: FrameworkRequest): void {
    void report(this, this.exchanges.ofRequest(request), (exchange) =>
      chain(this.identify(exchange), onlyApp),
    );
  }
}

/** Who writes `AuthGuard('headerapikey')` expects an app in `request.user`; users send personal tokens as bearer tokens. */
function onlyApp(identity: Identity | undefined): AppIdentity | undefined {
  if (identity?.kind !== 'user') return identity;
  throw new PortcullisError('credentials_required', "the key is a user's personal token, not an app's", {
    challenge: ['api-key'],
  });
}
