import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { INVALID_TOKEN } from '../credentials/credential-refusals.js';
import { InputError, PortcullisError } from '../errors.js';
import { type Actor, actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { Log, textOf } from '../log.js';
import { RevocationService } from '../revocation/revocation-service.js';
import { isVisibleName, LONGEST_NAME } from '../routes/visible-name.js';
import { scopesWithin } from '../scopes.js';
import { isNewDevice } from './new-device.js';
import { hashOf, RefreshTokenCodec, type RefreshTokenParts } from './refresh-token-codec.js';
import type { SessionBinding, SessionRecord, SessionStore, UpstreamLogin } from './session.store.js';
import { SessionEnding } from './session-ending.js';
import { factsOf, SESSION_STARTED } from './session-events.js';
import { SESSION_SETTINGS, type SessionSettings } from './session-settings.js';
import { SessionTokenIssuer, type SessionTokens } from './session-tokens.js';
import { endableBy } from './upstream-logins.js';
import type { DirectoryUser } from './user-directory.js';

/** A login, by whatever means the app has proven who it is. */
export interface NewSession extends Omit<Actor, 'actor'> {
  readonly user: DirectoryUser;
  /** `client_id`: what people log in with. */
  readonly clientId: string;
  /** What the tokens may be used for at most. By default all that the user may do. */
  readonly scopes?: readonly string[];
  /** A name for the device: 1 to 100 characters that can be seen. */
  readonly device?: string;
  /** `amr`: by what the user has logged in, such as `pwd` (RFC 8176). */
  readonly amr?: readonly string[];
  /** `acr`: how strong that is, by a name of the app's own. */
  readonly acr?: string;
  /** When the user has logged in, in milliseconds since the epoch. By default now. */
  readonly authTime?: number;
  /** The key or the certificate that whoever refreshes has to prove to hold. By default none. */
  readonly binding?: SessionBinding;
  /** Who has vouched for the user, where that was somebody else. */
  readonly upstream?: UpstreamLogin;
  /** How long access tokens work, in seconds. By default `tokens.issuer.lifetimeSeconds`. */
  readonly accessTokenSeconds?: number;
  /** How long the session goes on without being used, in seconds. By default `sessions.idleSeconds`. */
  readonly idleSeconds?: number;
  /** How long it goes on at most, in seconds. By default `sessions.lifetimeSeconds`. */
  readonly lifetimeSeconds?: number;
  /**
   * When it was begun to look at what proves who it is, by `performance.now()`: where all logins of the user have ended since, as by a new
   * password, this one is refused. By default now.
   */
  readonly begunAt?: number;
}

/** What of it says how long a session goes on. */
type SessionLimits = Pick<NewSession, 'idleSeconds' | 'lifetimeSeconds'>;

/** Sessions are dated no further ahead than this, in milliseconds: what is revoked by the time would miss them. */
const CLOSE_MS = 100;
const DAY_MS = 86_400_000;
const FORGET_EVERY_MS = 60_000;
/** How long what is over is kept, in milliseconds: the clocks of others may be behind. */
const FORGOTTEN_AFTER_MS = 3_600_000;
/** Among how many of a user's sessions a device is looked for, and how many more than there may be are ended at a time. */
const LOOKED_AT = 100;

/** Begins sessions. */
@Injectable()
export class SessionStarting implements OnModuleInit {
  readonly #logger = new Log();
  readonly #store: SessionStore;
  /** Those that have begun here and are not told yet. */
  readonly #underWay = new Set<SessionRecord>();
  #forgotAt = 0;
  #lastBegun = 0;

  constructor(
    @Inject(SESSION_SETTINGS) private readonly settings: SessionSettings,
    private readonly codec: RefreshTokenCodec,
    private readonly tokens: SessionTokenIssuer,
    private readonly ending: SessionEnding,
    private readonly revocations: RevocationService,
    private readonly events: SecurityEvents,
  ) {
    this.#store = settings.stores.sessions;
  }

  onModuleInit(): void {
    void this.#forgetOver();
  }

  /**
   * Asks nobody whether the login is complete: that is done by whoever calls it.
   *
   * @throws as `SessionService.start` says
   */
  async start(login: NewSession): Promise<SessionTokens> {
    const { user, clientId, begunAt = performance.now() } = login;
    const { url: issuer } = this.tokens;
    if (user.isDisabled === true) throw new InputError(`${user.subject} is disabled`);
    // Dated by a clock that is behind, it would end with what was revoked before.
    await this.revocations.issueTime(issuer, user.subject, clientId);
    const parts = this.codec.begin();
    const session = this.#recordOf(login, issuer, parts);
    this.#underWay.add(session);
    try {
      const access = await this.tokens.accessToken(session, user, login.accessTokenSeconds);
      await this.#store.insert(session);
      await this.#demandStillAllowed(session, begunAt);
      this.events.emit(SESSION_STARTED, {
        ...factsOf(session),
        ...actorOf({ ...login, actor: user.subject }),
        isNewDevice: isNewDevice(session, await this.#othersOf(session)),
      });
      await this.#endOldest(session);
      void this.#forgetOver();
      return this.tokens.withRefreshToken(access, session, parts);
    } finally {
      this.#underWay.delete(session);
    }
  }

  /** Also those that have begun here, and are yet to be kept: a later one may come to its end before them. */
  async #othersOf(session: SessionRecord): Promise<readonly SessionRecord[]> {
    const { issuer, subject } = session;
    const underWay = [...this.#underWay].filter((one) => one.subject === subject && one.issuer === issuer);
    return [...underWay, ...(await this.#sessionsOf(session, { limit: LOOKED_AT }))];
  }

  #recordOf(
    login: NewSession,
    issuer: string,
    { sessionId, generation, secret }: RefreshTokenParts,
  ): SessionRecord {
    const { user, clientId, scopes = user.scopes, device, address, amr = [], acr } = login;
    if (device !== undefined && !isVisibleName(device))
      throw new InputError(`device must be a text of 1 to ${LONGEST_NAME} characters that can be seen`);
    const now = this.#nextTime();
    const { authTime = now } = login;
    if (!(authTime >= 0 && authTime <= now)) throw new InputError('authTime is no time that has passed');
    const { idleSeconds, lifetimeSeconds } = { ...this.settings.sessions, ...limitsIn(login) };
    const expiresAt = now + lifetimeSeconds * 1000;
    return {
      ...{
        id: sessionId,
        issuer,
        subject: user.subject,
        clientId,
        scopes: scopesWithin(scopes, user.scopes),
      },
      ...{ createdAt: now, authTime, acr: acr ?? null, amr, secretHash: hashOf(secret), generation },
      ...{ rotatedAt: now, refreshes: 0, refreshesSince: now },
      ...{ lastUsedAt: now, lastUsedFrom: address ?? null, device: device ?? null },
      ...{ binding: login.binding ?? null, upstream: login.upstream ?? null, raised: null },
      ...{ idleExpiresAt: Math.min(now + idleSeconds * 1000, expiresAt), expiresAt },
      ...{ endedAt: null, endedReason: null },
    };
  }

  /** Of two that begin here in the same millisecond the second one is the newer one. */
  #nextTime(): number {
    const now = this.settings.now();
    const isClose = now <= this.#lastBegun && this.#lastBegun - now < CLOSE_MS;
    this.#lastBegun = isClose ? this.#lastBegun + 1 : now;
    return this.#lastBegun;
  }

  /**
   * What ended everything that the user had may have come too early for this one, and not be heard of here yet. Where others that begin at
   * the same time have pushed it out by now, it is no less allowed.
   */
  async #demandStillAllowed(
    { id, issuer, subject, clientId, createdAt, upstream }: SessionRecord,
    begunAt: number,
  ): Promise<void> {
    await this.revocations.catchUp();
    const issuedAt = Math.floor(createdAt / 1000);
    const haveLoginsEnded = [{ issuer, subject }, ...endableBy(upstream)].some((owner) =>
      this.revocations.areLoginsRevokedSince(owner.issuer, owner.subject, begunAt),
    );
    if (
      !haveLoginsEnded &&
      !this.revocations.isRevoked({ issuer, tokenId: '', sessionId: '', subject, clientId, issuedAt })
    )
      return;
    await this.ending.end(id, { reason: 'revoked when it began' });
    throw new PortcullisError(INVALID_TOKEN, `${subject}, or all of their logins, were revoked meanwhile`);
  }

  /**
   * Afterwards, so that of many who log in at the same time none is overlooked. All of them go by the same order, this one not excepted:
   * whoever spares itself ends one that another one keeps.
   */
  async #endOldest({ createdAt, ...begun }: SessionRecord): Promise<void> {
    const { maxPerUser } = this.settings.sessions;
    const query = { limit: maxPerUser + LOOKED_AT, liveAt: createdAt };
    const tooMany = (await this.#sessionsOf(begun, query)).slice(maxPerUser);
    await Promise.all(tooMany.map(({ id }) => this.ending.end(id, { reason: 'too many sessions' })));
  }

  /** Newest first. */
  #sessionsOf(
    { issuer, subject }: Pick<SessionRecord, 'issuer' | 'subject'>,
    query: { readonly limit: number; readonly liveAt?: number },
  ): Promise<readonly SessionRecord[]> {
    return this.#store.list({ issuer, subject, ...query });
  }

  async #forgetOver(): Promise<void> {
    const now = this.settings.now();
    if (now - this.#forgotAt < FORGET_EVERY_MS) return;
    this.#forgotAt = now;
    try {
      await this.#store.forgetExpiredBefore(now - FORGOTTEN_AFTER_MS);
      await this.#store.forgetAddressesBefore(now - this.settings.audit.retentionDays * DAY_MS);
    } catch (error) {
      this.#logger.warn(`Old sessions could not be forgotten: ${textOf(error)}`);
    }
  }
}

/** Those that are given. */
export function limitsIn({ idleSeconds, lifetimeSeconds }: SessionLimits): SessionLimits {
  return {
    ...(idleSeconds !== undefined && { idleSeconds }),
    ...(lifetimeSeconds !== undefined && { lifetimeSeconds }),
  };
}
