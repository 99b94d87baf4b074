import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import passport, { type Authenticator } from 'passport';
import { HeaderAPIKeyStrategy } from 'passport-headerapikey';
import { Exchanges } from '../http/exchanges.js';
import { RequireTls } from '../http/require-tls.js';
import type { Exchange, FrameworkRequest } from '../identity/exchange.js';
import type { AppIdentity } from '../identity/identity.js';
import type { MaybePromise } from '../identity/maybe-promise.js';
import { report } from '../identity/passport.js';
import { ApiKeyService } from './api-key.service.js';

/**
 * App identity from the API key header, as the Passport strategy `headerapikey`. Passport's own registry is
 * one for the whole process, so each instance brings a registry of its own: two apps never meet.
 */
@Injectable()
export class ApiKeyStrategy extends PassportStrategy(HeaderAPIKeyStrategy, 'headerapikey') {
  /** Passport with this strategy alone. Set while the base class registers, so it must have no initialiser here. */
  declare readonly passport: Authenticator;

  constructor(
    private readonly exchanges: Exchanges,
    private readonly requireTls: RequireTls,
    private readonly apiKeys: ApiKeyService,
  ) {
    super({ header: apiKeys.header, prefix: '' }, true);
  }

  getPassportInstance(): Authenticator {
    return Object.assign(this, { passport: new passport.Passport() }).passport;
  }

  /** The app that the request proves; undefined when it names none. */
  identify(exchange: Exchange): MaybePromise<AppIdentity | undefined> {
    const key = exchange.apiKey(this.apiKeys.header);
    if (key === undefined) return undefined;
    return this.requireTls.prove(exchange, 'api-key', () => this.validate(key));
  }

  /** Proves a key. */
  validate(key: string): MaybePromise<AppIdentity> {
    return this.apiKeys.identify(key);
  }

  override authenticate(request: FrameworkRequest): void {
    void report(this, this.exchanges.ofRequest(request), (exchange) => this.identify(exchange));
  }
}
