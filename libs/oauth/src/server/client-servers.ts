import { Inject, Injectable } from '@nestjs/common';
import { TokenIssuer } from '@portcullis/auth';
import { askOutside, type OutsideLimits } from '@portcullis/auth/internal';
import { OAUTH_SERVER_SETTINGS, type OAuthServerSettings } from './server-settings.js';

/** Key sets are a few kilobytes. */
const MAX_BYTES = 262_144;
const TIMEOUT_MS = 3_000;

/** The servers of clients, at URLs that the clients have named: what is beside this app is not asked for them. */
@Injectable()
export class ClientServers {
  readonly #limits: OutsideLimits;

  constructor(@Inject(OAUTH_SERVER_SETTINGS) { clientNetworks }: OAuthServerSettings, { url }: TokenIssuer) {
    const allowLoopback = url.startsWith('http:');
    this.#limits = { networks: clientNetworks, allowLoopback, maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS };
  }

  /**
   * @param stricter limits than those for servers of clients that are known
   * @throws Error saying what was wrong with the answer
   */
  async json(url: URL, stricter: Partial<OutsideLimits> = {}): Promise<unknown> {
    const headers = { Accept: 'application/json' };
    const { status, body } = await askOutside(url, { headers }, { ...this.#limits, ...stricter });
    if (status !== 200) throw new Error(`${url.href} answered ${status}`);
    try {
      return JSON.parse(body.toString());
    } catch {
      // The cause would quote what was answered.
      throw new Error(`${url.href} answered no JSON`);
    }
  }

  /** Tells a server something, in a form. @throws Error where it can not be told */
  post(url: URL, form: URLSearchParams): Promise<{ readonly status: number }> {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    return askOutside(url, { method: 'POST', headers, body: form.toString() }, this.#limits);
  }
}
