import { Inject, Injectable } from '@nestjs/common';
import { PortcullisError } from '../errors.js';
import { pageLimit, positionOf, readPage } from '../page-cursor.js';
import { TokenIssuer } from '../tokens/token-issuer.js';
import type { TokenSession } from './current-session.js';
import { LOGIN_GATE, type LoginGate } from './login-gate.js';
import { refuseBorrowedLevel } from './logins.js';
import type { SessionRecord, SessionStore, UpstreamSelection } from './session.store.js';
import { SessionEnding } from './session-ending.js';
import {
  type FurtherProof,
  type RaiseDetails,
  type RaisedTokens,
  SessionRaising,
} from './session-raising.js';
import { type RefreshDetails, SessionRefreshing } from './session-refreshing.js';
import { MFA_REQUIRED } from './session-refusals.js';
import { SESSION_SETTINGS, type SessionSettings } from './session-settings.js';
import type { SessionEndDetails } from './session-settling.js';
import { type NewSession, SessionStarting } from './session-starting.js';
import type { SessionTokens } from './session-tokens.js';
import { type Session, sessionViewOf } from './session-view.js';

/** Whose sessions are ended. */
export interface SessionEndSelection extends SessionEndDetails {
  /** The session that goes on, such as the one in which a password was changed. */
  readonly except?: string;
  /** `iss` of the user. By default this app's own issuer. */
  readonly issuer?: string;
}

/** A part of a list of sessions. */
export interface SessionPage {
  readonly sessions: readonly Session[];
  /** Where the next part begins; undefined at the end. */
  readonly nextCursor?: string;
}

/** Logins on devices: begins them, goes on with them, lists and ends them. */
@Injectable()
export class SessionService {
  readonly #store: SessionStore;

  constructor(
    @Inject(SESSION_SETTINGS) private readonly settings: SessionSettings,
    @Inject(LOGIN_GATE) private readonly gate: LoginGate,
    private readonly starting: SessionStarting,
    private readonly refreshing: SessionRefreshing,
    private readonly raising: SessionRaising,
    private readonly ending: SessionEnding,
    private readonly issuer: TokenIssuer,
  ) {
    this.#store = settings.stores.sessions;
  }

  /**
   * Begins a session, always a new one: what a client may have brought along names none. A login that has to wait for a second factor is
   * refused: `Logins.complete` gives it a ticket.
   *
   * @throws InputError when the device's name is empty or too long, `authTime` has not passed, or the user is disabled
   * @throws Error when `tokens.issuer` is not configured
   * @throws PortcullisError `mfa_required`; `temporarily_unavailable` where it can't be kept, or nobody can say what is demanded;
   * `invalid_token` where the user was revoked meanwhile
   */
  async start(login: NewSession): Promise<SessionTokens> {
    refuseBorrowedLevel(login);
    const { next } = await this.gate.decide(login);
    if (next !== 'tokens')
      throw new PortcullisError(
        MFA_REQUIRED,
        `${login.user.subject} needs a second factor: use Logins.complete`,
      );
    return this.starting.start(login);
  }

  /**
   * The next tokens of a session. All who come with the same refresh token, at the same time or within `sessions.graceSeconds` after the
   * first of them, get the same next one. One that is older than that ends the session.
   *
   * @throws PortcullisError `invalid_refresh_token`; `rate_limit_exceeded`; `temporarily_unavailable` where it can't be said now
   * @throws PortcullisConfigurationError where the app has no `UserDirectory`
   */
  refresh(refreshToken: string, details: RefreshDetails = {}): Promise<SessionTokens> {
    return this.refreshing.refresh(refreshToken, details);
  }

  /**
   * A new access token of a session whose user has just proven more than at its login (step-up): with `auth_time` now, and what they have
   * proven. For `sessions.raisedSeconds` refreshes keep that level and its `auth_time`, and no token of it lives longer; afterwards they
   * give that of the login again. Tokens that were issued before stay what they are, and so does the refresh token.
   *
   * @param id `sid` of the access token that the user has sent
   * @throws PortcullisError `invalid_token` where the user has no such session, or it is over or revoked; `temporarily_unavailable` where it
   * can't be said now
   * @throws PortcullisConfigurationError where the app has no `UserDirectory`
   */
  raise(id: string, proof: FurtherProof, details: RaiseDetails): Promise<RaisedTokens> {
    return this.raising.raise(id, proof, details);
  }

  /**
   * The session that a refresh token would be accepted for now. Nothing is changed.
   *
   * @throws PortcullisError `invalid_refresh_token`; `temporarily_unavailable` where it can't be said now
   */
  sessionOf(refreshToken: string, details: RefreshDetails = {}): Promise<SessionRecord> {
    return this.refreshing.sessionOf(refreshToken, details);
  }

  /** A session, also one that is over; undefined where there is none, or it is forgotten. */
  find(id: string): Promise<SessionRecord | undefined> {
    return this.#store.find(id);
  }

  /**
   * Ends a session: its refresh token and its access tokens are refused from now on, on every instance.
   *
   * @returns whether it has ended by this call
   * @throws PortcullisError `temporarily_unavailable` when that is not kept, or not known everywhere yet; it goes on to be tried
   */
  end(id: string, details: SessionEndDetails): Promise<boolean> {
    return this.ending.end(id, details);
  }

  /**
   * Ends the session that a user's access token says it is of. Of one that is not theirs, as that of another issuer which has the same name
   * for its own, only the tokens are refused from now on.
   *
   * @throws PortcullisError `temporarily_unavailable` when that is not kept, or not known everywhere yet; it goes on to be tried
   */
  logOut(session: TokenSession, details: SessionEndDetails): Promise<void> {
    return this.ending.logOut(session, details);
  }

  /**
   * Ends all sessions of a user, or all but one.
   *
   * @returns how many have ended by this call
   * @throws Error when no issuer is named and this app is none
   * @throws PortcullisError `temporarily_unavailable` when that is not kept, or not known everywhere yet; it goes on to be tried
   */
  async endAllOf(
    subject: string,
    { except, issuer = this.issuer.url, ...details }: SessionEndSelection,
  ): Promise<number> {
    return this.ending.endAllOf({ issuer, subject, ...(except !== undefined && { except }) }, details);
  }

  /**
   * Ends the sessions that somebody has begun by logging in elsewhere, such as when they log out there.
   *
   * @param upstream somebody whom another issuer knows, or one of their sessions there
   * @returns how many have ended by this call
   * @throws PortcullisError `temporarily_unavailable` when that is not kept, or not known everywhere yet; it goes on to be tried
   */
  endUpstream(
    upstream: UpstreamSelection,
    { except, ...details }: Omit<SessionEndSelection, 'issuer'>,
  ): Promise<number> {
    return this.ending.endUpstream(upstream, except, details);
  }

  /**
   * The sessions of a user that go on, newest first.
   *
   * @param issuer `iss` of the user; by default this app's own issuer
   * @throws InputError when cursor or limit make no sense
   */
  async list({
    subject,
    issuer = this.issuer.url,
    cursor,
    limit,
  }: {
    readonly subject: string;
    readonly issuer?: string;
    readonly cursor?: string;
    readonly limit?: number;
  }): Promise<SessionPage> {
    const liveAt = this.settings.now();
    const part = { after: cursor === undefined ? undefined : positionOf(cursor), limit: pageLimit(limit) };
    const { entries, ...rest } = await readPage<SessionRecord, { createdAt: number; id: string }>(
      part,
      (after, most) => {
        const query = { issuer, subject, liveAt, limit: most, ...(after && { after }) };
        return this.#store.list(query);
      },
    );
    const { raisedSeconds } = this.settings.sessions;
    return { sessions: entries.map((entry) => sessionViewOf(entry, liveAt, raisedSeconds)), ...rest };
  }
}
