import { Batches } from '../async/batches.js';
import type { TokenFacts } from '../identity/verified-token.js';
import { KEPT_WITHIN_MS, type Replica } from '../replication/replica-follower.js';
import type { Replicator } from '../replication/replicator.js';
import { ActiveRevocations } from './active-revocations.js';
import type { KnownRevocation } from './revocation.store.js';
import { REVOKED } from './revocation-changes.js';
import { RevocationReader } from './revocation-reader.js';
import type { RevocationSettings } from './revocation-settings.js';
import { FORGOTTEN_AFTER_MS } from './revocation-times.js';

/** The revocations in force as this instance knows them: in memory, for the check on each request. They are only ever added. */
export class RevocationReplica implements Replica<'revocation'> {
  readonly follows = REVOKED;
  readonly #active = new ActiveRevocations();
  readonly #reader: RevocationReader;
  /** Each login catches up, and after a wave of revocations there is much to read: whoever comes during one reading shares the next. */
  readonly #catchingUp = new Batches<undefined>(Number.POSITIVE_INFINITY, () =>
    this.recheck(this.options.now() - KEPT_WITHIN_MS),
  );

  constructor(
    private readonly options: RevocationSettings,
    private readonly replicator: Replicator,
  ) {
    this.#reader = new RevocationReader(options.stores.revocations, (revocation) => this.#take(revocation));
  }

  /** Follows what other instances change, and loads the revocations in force. */
  async start(): Promise<void> {
    await this.replicator.follow(this);
    await this.reload();
  }

  /** It may come twice, or late. */
  take({ revocation }: { readonly revocation: KnownRevocation }): void {
    this.#take(revocation);
  }

  reload(): Promise<void> {
    return this.recheck(0);
  }

  recheck(since: number): Promise<void> {
    return this.#reader.readSince(since);
  }

  /**
   * Takes over what others have kept by now, whether or not it has come here by the change feed.
   *
   * @throws Error when the store can't be asked
   */
  catchUp(): Promise<void> {
    return this.#catchingUp.add(undefined);
  }

  /** Whether a token is revoked. */
  covers(facts: TokenFacts): boolean {
    return this.#active.covers(facts);
  }

  /** Until when everything that the user, by this client, was issued is refused; seconds since the epoch. */
  issuedUntil(issuer: string, subject: string, clientId?: string): number {
    return this.#active.issuedUntil(issuer, subject, clientId);
  }

  /** Until when logins of the user had begun that are refused; seconds since the epoch. */
  loginsUntil(issuer: string, subject: string): number {
    return this.#active.loginsUntil(issuer, subject);
  }

  /** When it became known here that logins of the user have ended, the last time; by `performance.now()`. */
  loginsEndedAt(issuer: string, subject: string): number {
    return this.#active.loginsEndedAt(issuer, subject);
  }

  /** @returns whether it holds here now */
  #take(revocation: KnownRevocation): boolean {
    const now = this.options.now();
    const isInForce = revocation.expiresAt > now;
    if (isInForce) this.#active.apply(revocation, now - FORGOTTEN_AFTER_MS);
    return isInForce;
  }
}
