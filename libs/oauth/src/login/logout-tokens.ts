import { Inject, Injectable } from '@nestjs/common';
import { PortcullisError, type UpstreamSelection } from '@portcullis/auth';
import { BINDING_SETTINGS, type BindingSettings } from '@portcullis/auth/internal';
import { errors } from 'jose';
import { createLocalJWKSet } from 'jose/jwks/local';
import { jwtVerify } from 'jose/jwt/verify';
import type { Claims } from './login-provider.js';
import { INVALID_LOGOUT_TOKEN } from './login-refusals.js';
import type { OpenIdConnection } from './openid-connection.js';
import { SealedCookies } from './sealed-cookies.js';
import { CLOCK_TOLERANCE_SECONDS, type Upstream } from './upstreams.js';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** How old a token may be, in seconds: it is remembered for as long. */
const LONGEST_AGE = 600;
const LONGEST_TOKEN = 8_192;

/** Checks tokens by which other issuers say that somebody has logged out there (OpenID Connect Back-Channel Logout). */
@Injectable()
export class LogoutTokens {
  constructor(
    @Inject(BINDING_SETTINGS) private readonly time: Pick<BindingSettings, 'now'>,
    private readonly once: SealedCookies,
  ) {}

  /**
   * Whose sessions end.
   *
   * @throws PortcullisError `invalid_logout_token`; `temporarily_unavailable` where the issuer's keys can't be had
   */
  async read(token: unknown, { name, provider, openId }: Upstream): Promise<UpstreamSelection> {
    if (openId === undefined) throw invalid(`${name} speaks no OpenID Connect`);
    if (typeof token !== 'string' || token.length > LONGEST_TOKEN) throw invalid('there is none');
    const claims = await this.#verified(token, openId, provider.clientId);
    const { jti, events, nonce, sub, sid } = claims;
    if (nonce !== undefined) throw invalid('it has a nonce, like an ID token');
    if (!isObject(events) || !isObject(events[EVENT])) throw invalid('it is about no logout');
    if (typeof jti !== 'string' || jti === '') throw invalid('it has no jti');
    const upstream = this.#selected(openId.identityOf(claims), { sub, sid });
    const endsAt = this.time.now() + (LONGEST_AGE + 2 * CLOCK_TOLERANCE_SECONDS) * 1000;
    const id = JSON.stringify(['logout', claims.iss, jti]);
    if (!(await this.once.isFirstUse(id, endsAt))) throw invalid(`it was used already: ${jti}`);
    return upstream;
  }

  #selected(
    { iss, sub: identity }: { readonly iss: string; readonly sub: string },
    { sub, sid }: { readonly sub?: unknown; readonly sid?: unknown },
  ): UpstreamSelection {
    if (sid !== undefined && (typeof sid !== 'string' || sid === '')) throw invalid('sid is no text');
    if (sub !== undefined) return { iss, sub: identity, ...(sid !== undefined && { sid }) };
    if (sid === undefined) throw invalid('it names neither a user nor a session');
    return { iss, sid };
  }

  async #verified(token: string, openId: OpenIdConnection, audience: string): Promise<Claims> {
    const { issuer, algorithms, keys, newerKeys } = await openId.signing();
    const options = {
      ...{ issuer, audience, algorithms: [...algorithms], typ: 'logout+jwt' },
      ...{ clockTolerance: CLOCK_TOLERANCE_SECONDS, currentDate: new Date(this.time.now()) },
      maxTokenAge: LONGEST_AGE,
    };
    try {
      return (await jwtVerify(token, createLocalJWKSet(keys), options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw invalid(String(error));
    }
    // It may have replaced them since.
    const newer = await newerKeys();
    const verifying = jwtVerify(token, createLocalJWKSet(newer), options);
    return verifying.then(
      ({ payload }) => payload,
      (error) => Promise.reject(invalid(String(error))),
    );
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param reason for the operator */
function invalid(reason: string): PortcullisError {
  return new PortcullisError(INVALID_LOGOUT_TOKEN, reason);
}
