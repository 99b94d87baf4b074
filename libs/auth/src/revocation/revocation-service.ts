import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { type Actor, actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import type { TokenFacts } from '../identity/verified-token.js';
import type { ChangeOf } from '../replication/change-definition.js';
import type { Replica } from '../replication/replica-follower.js';
import { Replicator } from '../replication/replicator.js';
import { ExpiringMap } from './expiring-map.js';
import type { Revocation, RevocationStore, RevocationTarget } from './revocation.store.js';
import { REVOKED } from './revocation-changes.js';
import { TOKENS_REVOKED } from './revocation-events.js';
import { RevocationReplica } from './revocation-replica.js';
import { REVOCATION_SETTINGS, type RevocationSettings } from './revocation-settings.js';

export interface RevocationDetails extends Actor {
  /** `iss` of the tokens. By default this app's own issuer. */
  readonly issuer?: string;
  /** Why, for the operator. */
  readonly reason: string;
}

/** Ends what a user has besides tokens. */
type UserRevocationListener = (
  user: Pick<TokenFacts, 'issuer' | 'subject'>,
  details: RevocationDetails,
) => Promise<unknown>;

/** How many revocations are read at a time. */
const READ_AT_ONCE = 1_000;

const FORGET_EVERY_MS = 60_000;

/** Revokes tokens, and answers whether one is revoked. In this process it holds from the moment a call resolves. */
@Injectable()
export class RevocationService implements OnModuleInit, Replica<'revocation'> {
  readonly follows = REVOKED;
  readonly #logger = new Logger('Portcullis');
  readonly #replica = new RevocationReplica();
  readonly #store: RevocationStore;
  /** Until when tokens of a user and of a client were dated ahead, in seconds since the epoch; see {@link issueTime}. */
  readonly #usersAhead = new ExpiringMap<number>();
  readonly #clientsAhead = new ExpiringMap<number>();
  readonly #userListeners = new Set<UserRevocationListener>();
  #forgotAt = 0;

  constructor(
    @Inject(REVOCATION_SETTINGS) private readonly options: RevocationSettings,
    private readonly events: SecurityEvents,
    private readonly replicator: Replicator,
  ) {
    this.#store = options.stores.revocations;
  }

  async onModuleInit(): Promise<void> {
    await this.replicator.follow(this);
    await this.reload();
  }

  /** A revocation is only ever added, so that it may come twice, or late. */
  take({ revocation }: ChangeOf<'revocation'>): void {
    this.#replica.apply(revocation, this.options.now());
  }

  async reload(): Promise<void> {
    const activeAt = this.options.now();
    let after: Revocation | undefined;
    do {
      const page = await this.#store.findActive({ activeAt, ...(after && { after }), limit: READ_AT_ONCE });
      for (const revocation of page) this.#replica.apply(revocation, activeAt);
      after = page.length < READ_AT_ONCE ? undefined : page.at(-1);
      // There may be a million of them, and requests go on meanwhile.
      await nextTurn();
    } while (after !== undefined);
  }

  /**
   * Revokes one token by its `jti`, known or not.
   *
   * @throws TypeError when no issuer is named and this app is none
   */
  revokeToken(tokenId: string, details: RevocationDetails): Promise<Revocation> {
    return this.#revokeEverywhere(details, () => ({ type: 'token', tokenId }));
  }

  /**
   * Revokes every token of a session by its `sid`.
   *
   * @throws TypeError when no issuer is named and this app is none
   */
  revokeSession(sessionId: string, details: RevocationDetails): Promise<Revocation> {
    return this.#revokeEverywhere(details, () => ({ type: 'session', sessionId }));
  }

  /**
   * Revokes every token that the user was issued up to and including this second.
   *
   * @throws TypeError when no issuer is named and this app is none
   */
  async revokeUser(subject: string, details: RevocationDetails): Promise<Revocation> {
    const revocation = await this.#revoke(details, (issuer, now) => {
      const issuedUntil = this.#lastIssued(issuer, now, this.#usersAhead.get(keyOf(issuer, subject)));
      return { type: 'user', subject, issuedUntil };
    });
    const user = { issuer: revocation.issuer, subject };
    await Promise.all([...this.#userListeners].map((end) => end(user, details)));
    await this.replicator.publish(REVOKED, { revocation });
    return revocation;
  }

  /**
   * Also ends something else whenever a user's tokens are revoked. The revocation is not done before that is, and fails with it.
   */
  whenUserIsRevoked(end: UserRevocationListener): void {
    this.#userListeners.add(end);
  }

  /**
   * Revokes every token that the client was issued up to and including this second, for users and for itself.
   *
   * @throws TypeError when no issuer is named and this app is none
   */
  revokeClient(clientId: string, details: RevocationDetails): Promise<Revocation> {
    return this.#revokeEverywhere(details, (issuer, now) => {
      const issuedUntil = this.#lastIssued(issuer, now, this.#clientsAhead.get(keyOf(issuer, clientId)));
      return { type: 'client', clientId, issuedUntil };
    });
  }

  /**
   * Whether everything that the user had at the time of issue is revoked. Answered from memory, as far as this instance knows.
   */
  isUserRevoked({ issuer, subject, issuedAt }: Pick<TokenFacts, 'issuer' | 'subject' | 'issuedAt'>): boolean {
    return issuedAt <= this.#replica.issuedUntil(issuer, subject, undefined);
  }

  /**
   * Whether a token is revoked. Answered from memory, as far as this instance knows.
   */
  isRevoked(facts: TokenFacts): boolean {
    return this.#replica.covers(facts);
  }

  /**
   * The `iat` for a token of our own that is issued now: this second, or the next one where a revocation covers this one.
   *
   * @returns seconds since the epoch
   */
  issueTime(issuer: string, subject: string, clientId: string): number {
    const now = Math.floor(this.options.now() / 1000);
    const issuedAt = Math.max(now, this.#replica.issuedUntil(issuer, subject, clientId) + 1);
    if (issuedAt > now) {
      this.#usersAhead.put(keyOf(issuer, subject), issuedAt, now);
      this.#clientsAhead.put(keyOf(issuer, clientId), issuedAt, now);
    }
    return issuedAt;
  }

  async #revokeEverywhere(
    details: RevocationDetails,
    targetOf: (issuer: string, now: number) => RevocationTarget,
  ): Promise<Revocation> {
    const revocation = await this.#revoke(details, targetOf);
    await this.replicator.publish(REVOKED, { revocation });
    return revocation;
  }

  async #revoke(
    { issuer = this.options.tokens?.issuer?.url, reason, ...who }: RevocationDetails,
    targetOf: (issuer: string, now: number) => RevocationTarget,
  ): Promise<Revocation> {
    if (issuer === undefined) throw new TypeError('Name the issuer: this app issues no tokens of its own');
    const revokedAt = this.options.now();
    const target = targetOf(issuer, revokedAt);
    const revocation: Revocation = {
      ...target,
      id: randomUUID(),
      issuer,
      reason,
      revokedAt,
      expiresAt: this.#expiryOf(target, revokedAt),
    };
    await this.#store.save(revocation);
    this.#replica.apply(revocation, revokedAt);
    this.events.emit(TOKENS_REVOKED, { revocation, ...actorOf(who) });
    await this.#forgetExpired(revokedAt);
    return revocation;
  }

  /**
   * The last `iat` of this moment: of our own tokens, also of one that was dated ahead; of another issuer, whose clock may be
   * ahead of ours, as much later as is tolerated.
   */
  #lastIssued(issuer: string, now: number, datedAhead = 0): number {
    const { issuer: own, clockToleranceSeconds = 0 } = this.options.tokens ?? {};
    if (issuer === own?.url) return Math.max(Math.floor(now / 1000), datedAhead);
    return Math.ceil(now / 1000) + Math.max(clockToleranceSeconds, 1);
  }

  /** When the last token that it could match is refused anyway. A session goes on with new tokens, so it has a limit of its own. */
  #expiryOf(target: RevocationTarget, now: number): number {
    const {
      maxLifetimeSeconds = 0,
      clockToleranceSeconds = 0,
      maxSessionSeconds = 0,
    } = this.options.tokens ?? {};
    if (target.type === 'session') return now + maxSessionSeconds * 1000;
    const lastIssuedAt = 'issuedUntil' in target ? Math.max(target.issuedUntil * 1000, now) : now;
    return lastIssuedAt + (maxLifetimeSeconds + 2 * Math.max(clockToleranceSeconds, 1)) * 1000;
  }

  async #forgetExpired(now: number): Promise<void> {
    if (now - this.#forgotAt < FORGET_EVERY_MS) return;
    this.#forgotAt = now;
    try {
      await this.#store.forgetExpiredBefore(now);
    } catch (error) {
      this.#logger.warn(`Old revocations could not be forgotten: ${error}`);
    }
  }
}

/** JSON keeps the parts apart whatever characters they hold. */
function keyOf(issuer: string, name: string): string {
  return JSON.stringify([issuer, name]);
}
