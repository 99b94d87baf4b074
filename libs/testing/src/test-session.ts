import type { SessionService, SessionTokens } from '@portcullis/auth';

/** Somebody who has logged in, and goes on. */
export class TestSession {
  readonly #sessions: SessionService;
  #tokens: SessionTokens;

  constructor(sessions: SessionService, tokens: SessionTokens) {
    this.#sessions = sessions;
    this.#tokens = tokens;
  }

  /** `sid`. */
  get id(): string {
    return this.#tokens.sessionId;
  }

  /** The newest refresh token. */
  get refreshToken(): string {
    return this.#tokens.refreshToken;
  }

  /** The headers of a call with the newest access token. */
  get headers(): { Authorization: string } {
    return { Authorization: `Bearer ${this.#tokens.accessToken}` };
  }

  /**
   * Gets the next tokens, as a client does.
   *
   * @returns the headers of a call with the new access token
   * @throws PortcullisError `invalid_refresh_token` when the session is over, or the app's `UserDirectory` has no such user
   */
  async refresh(): Promise<{ Authorization: string }> {
    this.#tokens = await this.#sessions.refresh(this.#tokens.refreshToken);
    return this.headers;
  }
}
