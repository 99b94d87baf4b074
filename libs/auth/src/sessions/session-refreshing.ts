import { Inject, Injectable } from '@nestjs/common';
import { PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import { type Actor, actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { attributed } from '../identity/attributed.js';
import { RATE_LIMIT_EXCEEDED } from '../rate-limits/rate-limit-refusals.js';
import type { RequestLimit } from '../rate-limits/request-limit.js';
import { Replicator } from '../replication/replicator.js';
import { RefreshTokenCodec, type RefreshTokenParts } from './refresh-token-codec.js';
import type { SessionBinding, SessionRecord, SessionStore, SessionUse } from './session.store.js';
import { SessionEnding } from './session-ending.js';
import { factsOf, SESSION_REFRESHED, SESSION_REUSED } from './session-events.js';
import { INVALID_REFRESH_TOKEN } from './session-refusals.js';
import { SESSION_SETTINGS, type SessionSettings } from './session-settings.js';
import { standingOf } from './session-standing.js';
import { SessionTokenIssuer, type SessionTokens } from './session-tokens.js';
import { SessionUsers } from './session-users.js';
import type { DirectoryUser } from './user-directory.js';

/** Who refreshes, and what else they have proven. */
export interface RefreshDetails extends Actor {
  /** What the sender has proven to hold; it has to be what the session is bound to. */
  readonly binding?: SessionBinding | null;
  /** The client that the session has to be of. By default any. */
  readonly clientId?: string;
  /** How long the access token works, in seconds. By default `tokens.issuer.lifetimeSeconds`. */
  readonly accessTokenSeconds?: number;
  /** How long the session goes on from now without being used, in seconds. By default `sessions.idleSeconds`. */
  readonly idleSeconds?: number;
}

/** How much longer than it was given an answer within grace may take, in milliseconds. */
const LATE_MS = 30_000;
const WINDOW_SECONDS = 60;

/** Gives new tokens for refresh tokens. */
@Injectable()
export class SessionRefreshing {
  readonly #store: SessionStore;

  constructor(
    @Inject(SESSION_SETTINGS) private readonly settings: SessionSettings,
    private readonly codec: RefreshTokenCodec,
    private readonly tokens: SessionTokenIssuer,
    private readonly ending: SessionEnding,
    private readonly users: SessionUsers,
    private readonly replicator: Replicator,
    private readonly events: SecurityEvents,
  ) {
    this.#store = settings.stores.sessions;
  }

  /**
   * The next tokens of a session. All who come with the same refresh token, at the same time or within `sessions.graceSeconds` after the
   * first of them, get the same next one.
   *
   * Whatever can fail comes before the one update: who has no answer asks again with the same refresh token. The access token is issued
   * before it, too: where the update finds the session still going on, whoever ends it afterwards revokes that token as well.
   *
   * @throws PortcullisError `invalid_refresh_token`; `rate_limit_exceeded`; `temporarily_unavailable` where it can't be said now
   */
  async refresh(refreshToken: string, details: RefreshDetails = {}): Promise<SessionTokens> {
    const presented = this.codec.read(refreshToken);
    if (presented === undefined) throw refused('it was not made by this app');
    this.replicator.refuseIfStale();
    const session = await this.#find(presented.sessionId);
    return attributed(['session', session.id], () => this.#goOn(session, presented, details));
  }

  async #goOn(
    session: SessionRecord,
    presented: RefreshTokenParts,
    details: RefreshDetails,
  ): Promise<SessionTokens> {
    const isNewest = await this.#examine(session, presented, details);
    this.#refuseIfTooOften(session);
    const user = await this.#userOf(session, details);
    const use = this.#useOf(session, details);
    const prolonged = isNewest ? { ...session, idleExpiresAt: use.idleExpiresAt } : session;
    const access = await this.tokens.accessToken(prolonged, user, details.accessTokenSeconds);
    this.#refuseIfRevoked(session);
    const rotated = isNewest ? await this.#rotate(session, use, details) : undefined;
    const goesOn = rotated ?? (await this.#goOnBeside(session, isNewest));
    return this.tokens.withRefreshToken(access, goesOn, {
      ...presented,
      generation: presented.generation + 1,
    });
  }

  /**
   * The session of a refresh token that would be accepted now; nothing is changed.
   *
   * @throws PortcullisError as {@link refresh} does
   */
  async sessionOf(
    refreshToken: string,
    { binding = null, clientId }: RefreshDetails = {},
  ): Promise<SessionRecord> {
    const presented = this.codec.read(refreshToken);
    if (presented === undefined) throw refused('it was not made by this app');
    const session = await this.#find(presented.sessionId);
    const { kind, reason } = standingOf(session, presented, {
      ...{ binding, clientId, now: this.settings.now(), graceMs: this.#graceMs },
    });
    if (kind === 'refused' || kind === 'used-up') throw refused(reason);
    return session;
  }

  /**
   * The session of a refresh token, whoever has sent it: one that is bound needs its key to go on.
   *
   * @returns undefined for what gives nothing any more
   * @throws PortcullisError `temporarily_unavailable`
   */
  async recognise(refreshToken: string): Promise<SessionRecord | undefined> {
    const presented = this.codec.read(refreshToken);
    if (presented === undefined) return undefined;
    this.replicator.refuseIfStale();
    const session = await this.#store.find(presented.sessionId);
    if (session === undefined || this.users.isRevoked(session)) return undefined;
    const { kind } = standingOf(session, presented, {
      ...{ binding: session.binding, clientId: undefined },
      ...{ now: this.settings.now(), graceMs: this.#graceMs },
    });
    return kind === 'newest' || kind === 'predecessor' ? session : undefined;
  }

  get #graceMs(): number {
    return this.settings.sessions.graceSeconds * 1000;
  }

  get #limit(): RequestLimit {
    return { requests: this.settings.sessions.refreshesPerMinute, windowSeconds: WINDOW_SECONDS };
  }

  /** As its row says; the update that counts the refresh looks at it again. */
  #refuseIfTooOften({ id, refreshes, refreshesSince }: SessionRecord): void {
    const gone = this.settings.now() - refreshesSince;
    if (refreshes < this.#limit.requests || Math.abs(gone) >= WINDOW_SECONDS * 1000) return;
    const retryAfterSeconds = Math.min(Math.ceil(WINDOW_SECONDS - gone / 1000), WINDOW_SECONDS);
    const reason = `session ${id} is refreshed too often`;
    throw new PortcullisError(RATE_LIMIT_EXCEEDED, reason, { retryAfterSeconds });
  }

  async #find(id: string): Promise<SessionRecord> {
    const session = await this.#store.find(id);
    if (session === undefined) throw refused('there is no such session');
    return session;
  }

  /** @returns whether the refresh token is the newest one; otherwise it is the one before, within grace */
  async #examine(
    session: SessionRecord,
    presented: RefreshTokenParts,
    { binding = null, clientId, ...who }: RefreshDetails,
  ): Promise<boolean> {
    const standing = standingOf(session, presented, {
      ...{ binding, clientId, now: this.settings.now(), graceMs: this.#graceMs },
    });
    if (standing.kind === 'refused') throw refused(standing.reason);
    if (standing.kind === 'used-up') {
      const ends = this.ending.end(session.id, {
        reason: 'a used refresh token came again',
        ...actorOf(who),
      });
      this.events.emit(SESSION_REUSED, { ...factsOf(session), ...actorOf(who) });
      await ends;
      throw refused(standing.reason);
    }
    this.#refuseIfRevoked(session);
    return standing.kind === 'newest';
  }

  #refuseIfRevoked(session: SessionRecord): void {
    if (this.users.isRevoked(session)) throw refused(`session ${session.id}, or whose it is, is revoked`);
  }

  async #userOf(session: SessionRecord, who: Actor): Promise<DirectoryUser> {
    const user = await this.users.find(session, who);
    if (user === undefined) throw refused(`${session.subject} is gone or disabled`);
    return user;
  }

  #useOf(
    { expiresAt }: SessionRecord,
    { idleSeconds = this.settings.sessions.idleSeconds, address }: RefreshDetails,
  ): SessionUse {
    const at = this.settings.now();
    const idleExpiresAt = Math.min(at + idleSeconds * 1000, expiresAt);
    return { at, limit: this.#limit, from: address ?? null, idleExpiresAt };
  }

  async #rotate(session: SessionRecord, use: SessionUse, who: Actor): Promise<SessionRecord | undefined> {
    const rotated = await this.#store.rotate(session.id, session.generation, use);
    if (rotated !== undefined && this.settings.sessions.reportRefreshes)
      this.events.emit(SESSION_REFRESHED, { ...factsOf(rotated), ...actorOf(who) });
    return rotated;
  }

  /**
   * Of those who came with the newest token at the same time, one has rotated, and the others get what it got: at their coming theirs was
   * the newest. Only whether the session has ended meanwhile, or is refreshed too often, is looked at again.
   */
  async #goOnBeside(
    { id, generation, rotatedAt }: SessionRecord,
    wasNewest: boolean,
  ): Promise<SessionRecord> {
    const at = this.settings.now();
    const counted = await this.#store.countRefresh(id, { at, limit: this.#limit });
    const session = counted ?? (await this.#find(id));
    if (session.endedAt !== null || session.idleExpiresAt <= at)
      throw refused(`session ${id} has ended meanwhile`);
    if (counted === undefined) this.#refuseIfTooOften(session);
    const isLate = !wasNewest && at - rotatedAt > this.#graceMs + LATE_MS;
    if (counted === undefined || isLate || (wasNewest && session.generation === generation))
      throw new PortcullisError(TEMPORARILY_UNAVAILABLE, 'it has taken too long', { retryAfterSeconds: 1 });
    return session;
  }
}

function refused(reason: string): PortcullisError {
  return new PortcullisError(INVALID_REFRESH_TOKEN, reason);
}
