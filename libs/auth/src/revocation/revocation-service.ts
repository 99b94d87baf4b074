import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Batches } from '../async/batches.js';
import { InputError, PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import { type Actor, actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import type { TokenFacts } from '../identity/verified-token.js';
import { Log } from '../log.js';
import { Replicator } from '../replication/replicator.js';
import type { Revocation, RevocationStore, RevocationTarget } from './revocation.store.js';
import { REVOKED } from './revocation-changes.js';
import { TOKENS_REVOKED } from './revocation-events.js';
import { RevocationReplica } from './revocation-replica.js';
import { REVOCATION_SETTINGS, type RevocationSettings } from './revocation-settings.js';
import { expiryOf, lastIssued } from './revocation-times.js';

export interface RevocationDetails extends Actor {
  /** `iss` of the tokens. By default this app's own issuer. */
  readonly issuer?: string;
  /** Why, for the operator. */
  readonly reason: string;
}

/** How a session is revoked. */
export interface SessionRevocationDetails extends RevocationDetails {
  /**
   * Whether the session gets no new tokens any more: then the revocation is remembered for as long as one of its tokens lives, and not for
   * as long as a session does. By default that is not known.
   */
  readonly isOver?: boolean;
}

/** What of an issuer is revoked. */
export interface IssuerRevocationDetails extends RevocationDetails {
  /** What was issued up to this time, in seconds since the epoch; up to now by default. */
  readonly issuedUntil?: number;
}

/** Ends what there is besides tokens. */
type RevocationListener = (revocation: Revocation, details: RevocationDetails) => Promise<unknown>;

/** A revocation, and who has decided it. */
interface Decision {
  readonly revocation: Revocation;
  readonly who: Actor;
}

/** How many revocations are kept together at most. */
const KEPT_AT_ONCE = 500;
/** How long a new token may have to wait for the end of a revocation, in milliseconds. */
const LONGEST_WAIT_MS = 5_000;
/** Characters. */
const LONGEST_TEXT = 10_000;
/** The clock may also be set. */
const LOOK_AGAIN_MS = 100;

const FORGET_EVERY_MS = 60_000;
/** How long what is over is kept, in milliseconds: the clocks of others may be behind. */
const FORGOTTEN_AFTER_MS = 3_600_000;

/** Revokes tokens, and answers whether one is revoked. In this process it holds from the moment a call resolves. */
@Injectable()
export class RevocationService implements OnModuleInit {
  readonly #logger = new Log();
  readonly #replica: RevocationReplica;
  readonly #store: RevocationStore;
  readonly #listeners = new Set<RevocationListener>();
  readonly #keeping = new Batches<Decision>(KEPT_AT_ONCE, (decisions) => this.#keep(decisions));
  #forgotAt = 0;

  constructor(
    @Inject(REVOCATION_SETTINGS) private readonly options: RevocationSettings,
    private readonly events: SecurityEvents,
    private readonly replicator: Replicator,
  ) {
    this.#store = options.stores.revocations;
    this.#replica = new RevocationReplica(options, replicator);
  }

  onModuleInit(): Promise<void> {
    return this.#replica.start();
  }

  /**
   * Takes over what others have kept by now, whether or not it has come here by the change feed.
   *
   * @throws PortcullisError `temporarily_unavailable` when the store can't be asked
   */
  async catchUp(): Promise<void> {
    await this.#replica.catchUp().catch((cause) => {
      throw unavailable('it could not be read what is revoked', cause);
    });
  }

  /**
   * Revokes one token by its `jti`, known or not.
   *
   * @throws TypeError when no issuer is named and this app is none
   * @throws PortcullisError `temporarily_unavailable` when it is not kept, or other instances may not know of it yet
   */
  async revokeToken(tokenId: string, details: RevocationDetails): Promise<Revocation> {
    return this.#revoke(
      this.#newRevocation(details, () => ({ type: 'token', tokenId })),
      details,
    );
  }

  /**
   * Revokes every token of a session by its `sid`.
   *
   * @throws TypeError when no issuer is named and this app is none
   * @throws PortcullisError `temporarily_unavailable` when it is not kept, or other instances may not know of it yet
   */
  async revokeSession(
    sessionId: string,
    { isOver = false, ...details }: SessionRevocationDetails,
  ): Promise<Revocation> {
    const revocation = this.#newRevocation(details, () => ({ type: 'session', sessionId }), isOver);
    return isOver ? this.#revoke(revocation, details) : this.#revokeWithAll(revocation, details);
  }

  /**
   * Revokes every token that the user was issued before this call.
   *
   * @throws TypeError when no issuer is named and this app is none
   * @throws PortcullisError `temporarily_unavailable` when it is not kept, or other instances may not know of it yet, or something else of
   * the user's could not be ended; what is kept is published, and what could not be ended is, as soon as it can be
   */
  async revokeUser(subject: string, details: RevocationDetails): Promise<Revocation> {
    const revocation = this.#newRevocation(details, (issuer, now) => ({
      type: 'user',
      subject,
      issuedUntil: lastIssued(issuer, now, this.options.tokens),
    }));
    return this.#revokeWithAll(revocation, details);
  }

  /**
   * Ends the logins of a user that are under way, or wait for another factor: whoever has proven something by now begins anew. Sessions
   * and tokens go on.
   *
   * @throws TypeError when no issuer is named and this app is none
   * @throws PortcullisError `temporarily_unavailable` when it is not kept, or other instances may not know of it yet
   */
  async revokeLogins(subject: string, details: RevocationDetails): Promise<Revocation> {
    const revocation = this.#newRevocation(details, (issuer, now) => ({
      type: 'logins',
      subject,
      issuedUntil: lastIssued(issuer, now, this.options.tokens),
    }));
    return this.#revoke(revocation, details);
  }

  /**
   * Also ends something else whenever a user, a client, an issuer, or a session that may go on is revoked. The revocation is not done
   * before that is, and fails with it.
   */
  whenRevoked(end: RevocationListener): void {
    this.#listeners.add(end);
  }

  /**
   * Revokes every token that the client was issued before this call, for users and for itself.
   *
   * @throws TypeError when no issuer is named and this app is none
   * @throws PortcullisError `temporarily_unavailable` when it is not kept, or other instances may not know of it yet
   */
  async revokeClient(clientId: string, details: RevocationDetails): Promise<Revocation> {
    const revocation = this.#newRevocation(details, (issuer, now) => ({
      type: 'client',
      clientId,
      issuedUntil: lastIssued(issuer, now, this.options.tokens),
    }));
    return this.#revokeWithAll(revocation, details);
  }

  /**
   * Revokes every token that the issuer has issued up to a time, for whomever, with the personal tokens of its users: for when nobody
   * knows any more which of them were revoked, as after a backup was brought back. Keys of apps go on.
   *
   * @throws TypeError when no issuer is named and this app is none
   * @throws InputError when the time is to come
   * @throws PortcullisError `temporarily_unavailable` when it is not kept, or other instances may not know of it yet
   */
  async revokeAll({ issuedUntil, ...details }: IssuerRevocationDetails): Promise<Revocation> {
    const revocation = this.#newRevocation(details, (issuer, now) => {
      if (issuedUntil !== undefined && !(issuedUntil <= Math.ceil(now / 1000)))
        throw new InputError('issuedUntil must be seconds since the epoch, and not in the future');
      return { type: 'issuer', issuedUntil: issuedUntil ?? lastIssued(issuer, now, this.options.tokens) };
    });
    return this.#revokeWithAll(revocation, details);
  }

  /**
   * Whether everything that the user had at the time of issue is revoked. Answered from memory, as far as this instance knows.
   */
  isUserRevoked({ issuer, subject, issuedAt }: Pick<TokenFacts, 'issuer' | 'subject' | 'issuedAt'>): boolean {
    return issuedAt <= this.#replica.issuedUntil(issuer, subject);
  }

  /**
   * Whether the logins of a user that waited at a time have ended since. Answered from memory, as far as this instance knows.
   *
   * @param waitedAt seconds since the epoch
   */
  areLoginsRevoked(issuer: string, subject: string, waitedAt: number): boolean {
    return waitedAt <= this.#replica.loginsUntil(issuer, subject);
  }

  /**
   * Whether it has become known here that the logins of a user have ended, since a login has begun here.
   *
   * @param begunAt by `performance.now()`
   */
  areLoginsRevokedSince(issuer: string, subject: string, begunAt: number): boolean {
    return begunAt <= this.#replica.loginsEndedAt(issuer, subject);
  }

  /**
   * Whether a token is revoked. Answered from memory, as far as this instance knows.
   */
  isRevoked(facts: TokenFacts): boolean {
    return this.#replica.covers(facts);
  }

  /**
   * The `iat` for a token of our own that is issued now: this second. Where a revocation covers it, it waits until that is over, for a
   * second and a half at most, or for another issuer's user as long as its clock may be ahead: dated ahead, the token could outlive a
   * later revocation on an instance that does not know of it.
   *
   * @returns seconds since the epoch
   * @throws PortcullisError `temporarily_unavailable` when it isn't over after five seconds, as when the clock stands still
   */
  issueTime(issuer: string, subject: string, clientId?: string): Promise<number> {
    return this.#timeAfter(subject, () => this.#replica.issuedUntil(issuer, subject, clientId));
  }

  /**
   * The time for a login that waits from now on, which no revocation covers: as {@link issueTime}.
   *
   * @returns seconds since the epoch
   * @throws PortcullisError `temporarily_unavailable` as there
   */
  loginTime(issuer: string, subject: string, clientId: string): Promise<number> {
    return this.#timeAfter(subject, () =>
      Math.max(
        this.#replica.issuedUntil(issuer, subject, clientId),
        this.#replica.loginsUntil(issuer, subject),
      ),
    );
  }

  async #timeAfter(subject: string, revokedUntil: () => number): Promise<number> {
    const deadline = performance.now() + LONGEST_WAIT_MS;
    for (;;) {
      const now = this.options.now();
      const waitMs = (revokedUntil() + 1) * 1000 - now;
      if (!(waitMs > 0)) return Math.floor(now / 1000);
      if (performance.now() > deadline)
        throw unavailable(`${subject} is revoked for ${waitMs} ms more by this clock`);
      await pause(Math.min(waitMs, LOOK_AGAIN_MS));
    }
  }

  #newRevocation(
    { issuer = this.options.tokens?.issuer?.url, reason }: RevocationDetails,
    targetOf: (issuer: string, now: number) => RevocationTarget,
    isOver = false,
  ): Revocation {
    if (issuer === undefined) throw new TypeError('Name the issuer: this app issues no tokens of its own');
    const revokedAt = this.options.now();
    const target = targetOf(issuer, revokedAt);
    // Others are kept together with it, and must not fail with it.
    for (const text of [issuer, reason, ...Object.values(target)])
      if (typeof text !== 'number' && !(typeof text === 'string' && text.length <= LONGEST_TEXT))
        throw new TypeError(
          `What is revoked, its issuer and the reason are texts of at most ${LONGEST_TEXT} characters`,
        );
    const expiresAt = expiryOf(target, revokedAt, this.options.tokens, isOver);
    return { ...target, id: randomUUID(), issuer, reason, revokedAt, expiresAt };
  }

  /** With what there is besides tokens. */
  async #revokeWithAll(revocation: Revocation, details: RevocationDetails): Promise<Revocation> {
    const revoking = await Promise.allSettled([this.#revoke(revocation, details)]);
    // Afterwards, so that nothing is made meanwhile that neither of them ends; and whether or not the others have heard of it.
    const { type, issuer } = revocation;
    const target = 'subject' in revocation ? revocation.subject : revocation.id;
    const ending = [...this.#listeners].map((end, index) =>
      this.replicator.finish(JSON.stringify([index, type, issuer, target]), () => end(revocation, details)),
    );
    const ended = await Promise.allSettled(ending);
    for (const outcome of ended)
      if (outcome.status === 'rejected')
        this.#logger.error(
          `What there is besides the revoked tokens could not be ended, and will be: ${textOf(outcome.reason)}`,
        );
    for (const outcome of [...revoking, ...ended])
      if (outcome.status === 'rejected')
        throw unavailable(`not all of the ${type} is revoked`, outcome.reason);
    return revocation;
  }

  async #revoke(revocation: Revocation, who: Actor): Promise<Revocation> {
    await this.#keeping.add({ revocation, who });
    return revocation;
  }

  /** In this process they hold also where it is not known whether they are kept, and the others may not know of them yet. */
  async #keep(decisions: readonly Decision[]): Promise<void> {
    const revocations = decisions.map(({ revocation }) => revocation);
    const doubt = await this.replicator
      .publishWith(
        REVOKED,
        revocations.map((revocation) => ({ revocation })),
        (transaction) => this.#store.save(revocations, transaction),
      )
      .catch((cause) => {
        this.#logger.error(`A revocation could not be kept, and does not hold: ${cause}`);
        throw unavailable('the revocation is not kept', cause);
      });
    for (const { revocation, who } of decisions) {
      this.#replica.take({ revocation });
      if (revocation.type !== 'logins') this.events.emit(TOKENS_REVOKED, { revocation, ...actorOf(who) });
    }
    if (doubt !== undefined) throw doubt;
    void this.#forgetExpired(this.options.now());
  }

  async #forgetExpired(now: number): Promise<void> {
    if (now - this.#forgotAt < FORGET_EVERY_MS) return;
    this.#forgotAt = now;
    try {
      await this.#store.forgetExpiredBefore(now - FORGOTTEN_AFTER_MS);
    } catch (error) {
      this.#logger.warn(`Old revocations could not be forgotten: ${error}`);
    }
  }
}

function unavailable(reason: string, cause?: unknown): PortcullisError {
  if (cause instanceof PortcullisError) return cause;
  return new PortcullisError(TEMPORARILY_UNAVAILABLE, cause === undefined ? reason : `${reason}: ${cause}`, {
    retryAfterSeconds: 1,
    ...(cause !== undefined && { cause }),
  });
}

/** For the operator: the text of a refusal is for the client. */
function textOf(error: unknown): string {
  return error instanceof PortcullisError ? error.reason : String(error);
}
