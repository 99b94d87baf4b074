import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { InputError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import type { TokenFacts } from '../identity/verified-token.js';
import { atBoot } from '../options/available-store.js';
import { Replicator } from '../replication/replicator.js';
import {
  type IssuerRevocationDetails,
  newRevocation,
  type RevocationDetails,
  type SessionRevocationDetails,
} from './new-revocation.js';
import type { Revocation } from './revocation.store.js';
import { RevocationEndings, type RevocationListener } from './revocation-endings.js';
import { RevocationKeeping } from './revocation-keeping.js';
import { RevocationReplica } from './revocation-replica.js';
import { REVOCATION_SETTINGS, type RevocationSettings } from './revocation-settings.js';
import { lastBegun, lastIssued } from './revocation-times.js';
import { unavailable } from './revocation-unavailable.js';
import { timeAfterRevocations } from './time-after-revocations.js';

/** Whose logins end together: those of a user, or of somebody whom another issuer knows. */
export interface LoginOwner {
  readonly issuer: string;
  readonly subject: string;
}

/** Revokes tokens, and answers whether one is revoked. In this process it holds from the moment a call resolves. */
@Injectable()
export class RevocationService implements OnModuleInit {
  readonly #replica: RevocationReplica;
  readonly #keeping: RevocationKeeping;
  readonly #endings: RevocationEndings;

  constructor(
    @Inject(REVOCATION_SETTINGS) private readonly options: RevocationSettings,
    events: SecurityEvents,
    replicator: Replicator,
  ) {
    this.#replica = new RevocationReplica(options, replicator);
    this.#keeping = new RevocationKeeping(options, events, replicator, this.#replica);
    this.#endings = new RevocationEndings(replicator);
  }

  onModuleInit(): Promise<void> {
    return atBoot(this.#replica.start());
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
    return this.#keeping.keep(
      newRevocation(this.options, details, () => ({ type: 'token', tokenId })),
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
    const revocation = newRevocation(this.options, details, () => ({ type: 'session', sessionId }), isOver);
    return isOver ? this.#keeping.keep(revocation, details) : this.#revokeWithAll(revocation, details);
  }

  /**
   * Revokes every token that the user was issued before this call.
   *
   * @throws TypeError when no issuer is named and this app is none
   * @throws PortcullisError `temporarily_unavailable` when it is not kept, or other instances may not know of it yet, or something else of
   * the user's could not be ended; what is kept is published, and what could not be ended is, as soon as it can be
   */
  async revokeUser(subject: string, details: RevocationDetails): Promise<Revocation> {
    const revocation = newRevocation(this.options, details, (issuer, now) => ({
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
   * @param subject the user, or whatever else logins are known by that an issuer has vouched for
   * @throws TypeError when no issuer is named and this app is none
   * @throws PortcullisError `temporarily_unavailable` when it is not kept, or other instances may not know of it yet
   */
  async revokeLogins(subject: string, details: RevocationDetails): Promise<Revocation> {
    const revocation = newRevocation(this.options, details, (_, now) => ({
      type: 'logins',
      subject,
      issuedUntil: lastBegun(now),
    }));
    return this.#keeping.keep(revocation, details);
  }

  /**
   * Also ends something else whenever a user, a client, an issuer, or a session that may go on is revoked. The revocation is not done
   * before that is, and fails with it.
   */
  whenRevoked(end: RevocationListener): void {
    this.#endings.add(end);
  }

  /**
   * Revokes every token that the client was issued before this call, for users and for itself.
   *
   * @throws TypeError when no issuer is named and this app is none
   * @throws PortcullisError `temporarily_unavailable` when it is not kept, or other instances may not know of it yet
   */
  async revokeClient(clientId: string, details: RevocationDetails): Promise<Revocation> {
    const revocation = newRevocation(this.options, details, (issuer, now) => ({
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
    const revocation = newRevocation(this.options, details, (issuer, now) => {
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
    return timeAfterRevocations(
      subject,
      () => this.options.now(),
      () => this.#replica.issuedUntil(issuer, subject, clientId),
    );
  }

  /**
   * The time for a login that waits from now on, which no revocation covers: as {@link issueTime}.
   *
   * @param besides what else the login may be ended by
   * @returns seconds since the epoch
   * @throws PortcullisError `temporarily_unavailable` as there
   */
  loginTime(
    issuer: string,
    subject: string,
    clientId: string,
    besides: readonly LoginOwner[] = [],
  ): Promise<number> {
    return timeAfterRevocations(
      subject,
      () => this.options.now(),
      () =>
        Math.max(
          this.#replica.issuedUntil(issuer, subject, clientId),
          this.#replica.loginsUntil(issuer, subject),
          ...besides.map((owner) => this.#replica.loginsUntil(owner.issuer, owner.subject)),
        ),
    );
  }

  /** With what there is besides tokens. */
  async #revokeWithAll(revocation: Revocation, details: RevocationDetails): Promise<Revocation> {
    const revoking = await Promise.allSettled([this.#keeping.keep(revocation, details)]);
    // Afterwards, so that nothing is made meanwhile that neither of them ends; and whether or not the others have heard of it.
    const ended = await this.#endings.endAll(revocation, details);
    for (const outcome of [...revoking, ...ended])
      if (outcome.status === 'rejected')
        throw unavailable(`not all of the ${revocation.type} is revoked`, outcome.reason);
    return revocation;
  }
}
