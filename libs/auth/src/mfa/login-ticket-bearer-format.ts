import { Inject, Injectable } from '@nestjs/common';
import type { BearerFormat } from '../credentials/bearer-format.js';
import { BEARER_KIND } from '../credentials/bearer-scheme.js';
import { INVALID_TOKEN } from '../credentials/credential-refusals.js';
import type { FoundCredential } from '../credentials/credential-scheme.js';
import { PortcullisError } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import { LoginTicketFormat } from './login-ticket-format.js';
import { MFA_SETTINGS, type MfaSettings } from './mfa-settings.js';

/** Login tickets where access tokens belong: they prove nobody there. Those that lie about are found. */
@Injectable()
export class LoginTicketBearerFormat implements BearerFormat {
  readonly kind = 'login-ticket';
  readonly proves = 'app';
  readonly unusable = 'a login ticket proves nobody';
  readonly #format: LoginTicketFormat;

  constructor(@Inject(MFA_SETTINGS) private readonly settings: MfaSettings) {
    this.#format = new LoginTicketFormat(settings.apiKeys.prefix);
  }

  recognises(text: string): boolean {
    return this.#format.recognises(text);
  }

  prove(): Identity {
    throw new PortcullisError(INVALID_TOKEN, 'a login ticket is no access token', {
      challenge: [BEARER_KIND],
    });
  }

  /** A digest, which opens nothing. */
  async nameOf(text: string): Promise<string | undefined> {
    const digest = this.#format.digestOf(text);
    return digest === undefined ? undefined : (await this.settings.stores.loginTickets.find(digest))?.id;
  }

  findIn(text: string): FoundCredential<string> | undefined {
    const ticket = this.#format.findIn(text);
    return ticket === undefined ? undefined : { presented: ticket, called: 'a login ticket' };
  }
}
