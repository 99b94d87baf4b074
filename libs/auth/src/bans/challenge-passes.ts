import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { subscriberNetworkOf } from '../net/ip-address.js';
import { RequestContext } from '../request/request-context.js';
import type { FrameworkRequest } from '../request/request-head.js';
import { BAN_SETTINGS, type BanSettings } from './ban-settings.js';

const COOKIE = 'portcullis-pass';

/** Of cookies with the name so many are looked at: a page of a neighbouring domain may have set one, too. */
const LOOKED_AT = 3;

/**
 * Passes for banned people who have shown that they are no program: a cookie, signed, with an end, and for the network that it was given to
 * (an IPv4 address, an IPv6 /64). Nothing is kept of them.
 */
@Injectable()
export class ChallengePasses {
  readonly #secrets: readonly (string | Uint8Array)[];

  constructor(@Inject(BAN_SETTINGS) private readonly settings: BanSettings) {
    const given = settings.bans.challenge?.secrets ?? [];
    this.#secrets = given.length > 0 ? given : [randomBytes(32)];
  }

  /**
   * A pass for whoever has sent a request: the value of `Set-Cookie`.
   *
   * @param request as the framework gives it to handlers
   * @throws Error where `bans.challenge` is not set, or the request did not come to an app with Portcullis
   */
  cookieFor(request: FrameworkRequest): string {
    const { challenge } = this.settings.bans;
    if (challenge === undefined) throw new Error('There are no passes without the option bans.challenge');
    const context = RequestContext.of(request);
    if (context === undefined) throw new Error('This is no request that came to an app with Portcullis');
    const { passSeconds } = challenge;
    const ends = Math.floor(this.settings.now() / 1000) + passSeconds;
    const mac = macOf(this.#secrets[0] as string | Uint8Array, networkOf(context), ends);
    const attributes = `Path=/; Max-Age=${passSeconds}; HttpOnly; SameSite=Lax${context.isSecure ? '; Secure' : ''}`;
    return `${COOKIE}=${ends}.${mac.toString('base64url')}; ${attributes}`;
  }

  /** Whether a request comes with a pass that was given to its network, and is not over. */
  isHeldBy(context: RequestContext): boolean {
    const cookies = context.header('cookie');
    if (cookies === undefined || !cookies.includes(COOKIE)) return false;
    return cookies
      .split(';')
      .map((cookie) => cookie.trim())
      .filter((cookie) => cookie.startsWith(`${COOKIE}=`))
      .slice(0, LOOKED_AT)
      .some((cookie) => this.#isValid(cookie.slice(COOKIE.length + 1), context));
  }

  #isValid(pass: string, context: RequestContext): boolean {
    const [, text = '', signature = ''] = /^(\d{1,12})\.([\w-]{43})$/.exec(pass) ?? [];
    const ends = Number(text);
    if (text === '' || ends * 1000 <= this.settings.now()) return false;
    const sent = Buffer.from(signature, 'base64url');
    return this.#secrets.some((secret) => {
      const mac = macOf(secret, networkOf(context), ends);
      return mac.length === sent.length && timingSafeEqual(mac, sent);
    });
  }
}

function networkOf({ address }: RequestContext): string {
  return subscriberNetworkOf(address).text;
}

function macOf(secret: string | Uint8Array, network: string, ends: number): Buffer {
  return createHmac('sha256', secret).update(`portcullis pass ${network} ${ends}`).digest();
}
