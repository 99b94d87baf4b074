import { Injectable } from '@nestjs/common';
import type { CookieResponse } from './cookies.js';
import type { LoginFactor, LoginResult } from './login-gate.js';
import { RefreshCookie } from './refresh-cookie.js';
import type { SessionTokens } from './session-tokens.js';

/** Under the names of RFC 6749 section 5.1. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: SessionTokens['tokenType'];
  /** Seconds. */
  readonly expires_in: number;
  /** Not there where it is in a cookie. */
  readonly refresh_token?: string;
  readonly session_id: string;
}

/** A login that waits for another factor. */
export interface TicketAnswer {
  /** `mfa`: one of the factors has to be proven; `enrol`: the user has to get one. */
  readonly next: 'mfa' | 'enrol';
  readonly ticket: string;
  readonly factors: readonly LoginFactor[];
  /** Seconds. */
  readonly expires_in: number;
}

/** What the routes of a front end answer to whoever logs in. */
@Injectable()
export class LoginAnswers {
  constructor(private readonly cookie: RefreshCookie) {}

  /** @param response gets the refresh token where this client keeps it in a cookie */
  answer(result: LoginResult, response: CookieResponse): TokenAnswer | TicketAnswer {
    if (result.next === 'tokens') return this.tokens(result.tokens, response);
    const { next, ticket, factors, expiresInSeconds } = result;
    return { next, ticket, factors, expires_in: expiresInSeconds };
  }

  /** @param response gets the refresh token where this client keeps it in a cookie */
  tokens(tokens: SessionTokens, response: CookieResponse): TokenAnswer {
    const { accessToken, tokenType, expiresInSeconds, refreshToken, refreshExpiresInSeconds, sessionId } =
      tokens;
    if (this.cookie.isUsed) this.cookie.keep(response, refreshToken, refreshExpiresInSeconds);
    return {
      access_token: accessToken,
      token_type: tokenType,
      expires_in: expiresInSeconds,
      ...(!this.cookie.isUsed && { refresh_token: refreshToken }),
      session_id: sessionId,
    };
  }
}
