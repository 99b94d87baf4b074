import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { SecurityEvents } from '../events/security-events.js';
import type { UserIdentity } from '../identity/identity.js';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';
import { RevocationReplica } from './revocation.replica.js';
import type { Revocation, RevocationStore } from './revocation.store.js';

export interface RevocationDetails {
  /** `iss` of the tokens. By default this app's own issuer. */
  readonly issuer?: string;
  /** Why, for the operator. */
  readonly reason: string;
  /** Who decided, where a person did. */
  readonly actor?: string;
}

const SWEEP_EVERY_MS = 60_000;

/** Revokes tokens, and answers whether one is revoked. In this process it holds from the moment a call resolves. */
@Injectable()
export class RevocationService implements OnModuleInit {
  readonly #logger = new Logger('Portcullis');
  readonly #replica = new RevocationReplica();
  readonly #store: RevocationStore;
  #sweptAt = 0;

  constructor(
    @Inject(PORTCULLIS_OPTIONS) private readonly options: ResolvedOptions,
    private readonly events: SecurityEvents,
  ) {
    this.#store = options.stores.revocations;
  }

  async onModuleInit(): Promise<void> {
    for (const revocation of await this.#store.findActive(this.options.now()))
      this.#replica.apply(revocation);
  }

  /**
   * Revokes one token by its `jti`, known or not.
   *
   * @throws TypeError when no issuer is named and this app is none
   */
  async revokeToken(tokenId: string, details: RevocationDetails): Promise<Revocation> {
    const facts = this.#facts(details);
    const revocation: Revocation = { ...facts, type: 'token', tokenId };
    await this.#keep(revocation);
    this.events.emit({ type: 'token.revoked', issuer: facts.issuer, tokenId, ...actorOf(details) });
    return revocation;
  }

  /**
   * Revokes every token that the user was issued up to and including this second.
   *
   * @throws TypeError when no issuer is named and this app is none
   */
  async revokeUser(subject: string, details: RevocationDetails): Promise<Revocation> {
    const facts = this.#facts(details);
    const revocation: Revocation = {
      ...facts,
      type: 'user',
      subject,
      issuedUntil: Math.max(this.#thisSecond(facts), this.nextIssuableAt(facts.issuer, subject)),
    };
    await this.#keep(revocation);
    this.events.emit({ type: 'user.revoked', issuer: facts.issuer, subject, ...actorOf(details) });
    return revocation;
  }

  /** The revocation that a token falls under. Answered from memory. */
  find(user: UserIdentity): Revocation | undefined {
    return this.#replica.find(user);
  }

  /** The earliest `iat` of a new token for this user that is not revoked already; seconds since the epoch. */
  nextIssuableAt(issuer: string, subject: string): number {
    return (this.#replica.issuedUntil(issuer, subject) ?? -1) + 1;
  }

  async #keep(revocation: Revocation): Promise<void> {
    await this.#store.save(revocation);
    this.#replica.apply(revocation);
    const { revokedAt } = revocation;
    if (revokedAt - this.#sweptAt < SWEEP_EVERY_MS) return;
    this.#sweptAt = revokedAt;
    this.#replica.sweep(revokedAt);
    try {
      await this.#store.forgetExpiredBefore(revokedAt);
    } catch (error) {
      this.#logger.warn(`Old revocations could not be forgotten: ${error}`);
    }
  }

  /** The last `iat` of this moment. Another issuer's clock may be ahead of ours, its tokens of now dated later. */
  #thisSecond({ issuer, revokedAt }: { issuer: string; revokedAt: number }): number {
    const { issuer: own, clockToleranceSeconds = 0 } = this.options.tokens ?? {};
    return Math.floor(revokedAt / 1000) + (issuer === own?.url ? 0 : clockToleranceSeconds);
  }

  #facts({ issuer = this.options.tokens?.issuer?.url, reason }: RevocationDetails) {
    if (issuer === undefined) throw new TypeError('Name the issuer: this app issues no tokens of its own');
    const { maxLifetimeSeconds = 0, clockToleranceSeconds = 0 } = this.options.tokens ?? {};
    const revokedAt = this.options.now();
    // Issued at most one tolerance from now, accepted until one tolerance after its end.
    const expiresAt = revokedAt + (maxLifetimeSeconds + 2 * clockToleranceSeconds) * 1000;
    return { id: randomUUID(), issuer, reason, revokedAt, expiresAt };
  }
}

function actorOf({ actor }: RevocationDetails): { actor?: string } {
  return actor === undefined ? {} : { actor };
}
