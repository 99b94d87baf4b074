import { setImmediate as nextTurn } from 'node:timers/promises';
import { Batches } from '../async/batches.js';
import type { TokenFacts } from '../identity/verified-token.js';
import { KEPT_WITHIN_MS, type Replica } from '../replication/replica-follower.js';
import type { Replicator } from '../replication/replicator.js';
import { ActiveRevocations } from './active-revocations.js';
import type { KnownRevocation, RevocationStore } from './revocation.store.js';
import { REVOKED } from './revocation-changes.js';
import type { RevocationSettings } from './revocation-settings.js';

/** How many revocations are read at a time. */
const READ_AT_ONCE = 1_000;

/** The revocations in force as this instance knows them: in memory, for the check on each request. They are only ever added. */
export class RevocationReplica implements Replica<'revocation'> {
  readonly follows = REVOKED;
  readonly #active = new ActiveRevocations();
  readonly #store: RevocationStore;
  /** Each login catches up, and after a wave of revocations there is much to read: whoever comes during one reading shares the next. */
  readonly #catchingUp = new Batches<undefined>(Number.POSITIVE_INFINITY, () =>
    this.recheck(this.options.now() - KEPT_WITHIN_MS),
  );

  constructor(
    private readonly options: RevocationSettings,
    private readonly replicator: Replicator,
  ) {
    this.#store = options.stores.revocations;
  }

  /** Follows what other instances change, and loads the revocations in force. */
  async start(): Promise<void> {
    await this.replicator.follow(this);
    await this.reload();
  }

  /** It may come twice, or late. */
  take({ revocation }: { readonly revocation: KnownRevocation }): void {
    const now = this.options.now();
    if (revocation.expiresAt > now) this.#active.apply(revocation, now);
  }

  reload(): Promise<void> {
    return this.recheck(0);
  }

  async recheck(since: number): Promise<void> {
    let last: KnownRevocation | undefined;
    do {
      const page = await this.#store.findSince(since, READ_AT_ONCE, last);
      if (last !== undefined && page.at(-1)?.id === last.id)
        throw new Error('stores.revocations gives the same page again and again');
      for (const revocation of page) this.take({ revocation });
      last = page.length < READ_AT_ONCE ? undefined : page.at(-1);
      // There may be a million of them, and requests go on meanwhile.
      await nextTurn();
    } while (last !== undefined);
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
}
