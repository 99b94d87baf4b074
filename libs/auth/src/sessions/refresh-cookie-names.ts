import { Injectable } from '@nestjs/common';
import { PortcullisConfigurationError } from '../errors.js';
import type { SessionClient } from './session-client.js';

/** Which client of this app has its refresh tokens in which cookie. */
@Injectable()
export class RefreshCookieNames {
  readonly #clients = new Map<string, string>();

  /**
   * To be called while the app boots. In one cookie a login at one front end would put an end to that at the other.
   *
   * @throws PortcullisConfigurationError where another client has a cookie of this name
   */
  claim({ clientId, cookie }: Pick<SessionClient, 'clientId' | 'cookie'>): void {
    if (cookie === undefined) return;
    const { cookieName } = cookie;
    const other = this.#clients.get(cookieName);
    if (other !== undefined && other !== clientId)
      throw new PortcullisConfigurationError([
        `PortcullisSessionsModule: the clients ${other} and ${clientId} both keep refresh tokens in the cookie ${cookieName}: give one of ` +
          'them another cookieName',
      ]);
    this.#clients.set(cookieName, clientId);
  }
}
