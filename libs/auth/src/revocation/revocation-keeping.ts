import { Batches } from '../async/batches.js';
import { type Actor, actorOf } from '../events/security-event.js';
import type { SecurityEvents } from '../events/security-events.js';
import { Log, textOf } from '../log.js';
import type { Kept } from '../replication/publisher.js';
import type { Replicator } from '../replication/replicator.js';
import type { Revocation, RevocationStore } from './revocation.store.js';
import { REVOKED } from './revocation-changes.js';
import { TOKENS_REVOKED } from './revocation-events.js';
import type { RevocationReplica } from './revocation-replica.js';
import type { RevocationSettings } from './revocation-settings.js';
import { FORGOTTEN_AFTER_MS } from './revocation-times.js';
import { unavailable } from './revocation-unavailable.js';

/** A revocation, and who has decided it. */
interface Decision {
  readonly revocation: Revocation;
  readonly who: Actor;
}

/** How many revocations are kept together at most. */
const KEPT_AT_ONCE = 500;
const FORGET_EVERY_MS = 60_000;

/** Keeps revocations, many at once together, and tells of them: the other instances, and who listens to events. */
export class RevocationKeeping {
  readonly #logger = new Log();
  readonly #store: RevocationStore;
  readonly #keeping = new Batches<Decision, Kept>(KEPT_AT_ONCE, (decisions) => this.#keep(decisions));
  #forgotAt = 0;

  constructor(
    private readonly options: RevocationSettings,
    private readonly events: SecurityEvents,
    private readonly replicator: Replicator,
    private readonly replica: RevocationReplica,
  ) {
    this.#store = options.stores.revocations;
  }

  /**
   * Resolves when it is told to the others. It holds here as soon as it is kept.
   *
   * @throws PortcullisError `temporarily_unavailable` when it is not kept, or other instances may not know of it yet
   */
  async keep(revocation: Revocation, who: Actor): Promise<Revocation> {
    const { doubt } = await this.#keeping.add({ revocation, who });
    const failure = await doubt;
    if (failure !== undefined) throw failure;
    return revocation;
  }

  /** In this process they hold also where it is not known whether they are kept, and the others may not know of them yet. */
  async #keep(decisions: readonly Decision[]): Promise<Kept> {
    const revocations = decisions.map(({ revocation }) => revocation);
    const kept = await this.replicator
      .publishWith(
        REVOKED,
        revocations.map((revocation) => ({ revocation })),
        (transaction) => this.#store.save(revocations, transaction),
      )
      .catch((cause) => {
        this.#logger.error(`A revocation could not be kept, and does not hold: ${textOf(cause)}`);
        throw unavailable('the revocation is not kept', cause);
      });
    for (const { revocation, who } of decisions) {
      this.replica.take({ revocation });
      if (revocation.type !== 'logins') this.events.emit(TOKENS_REVOKED, { revocation, ...actorOf(who) });
    }
    void this.#forgetExpired(this.options.now());
    return kept;
  }

  async #forgetExpired(now: number): Promise<void> {
    if (now - this.#forgotAt < FORGET_EVERY_MS) return;
    this.#forgotAt = now;
    try {
      await this.#store.forgetExpiredBefore(now - FORGOTTEN_AFTER_MS);
    } catch (error) {
      this.#logger.warn(`Old revocations could not be forgotten: ${textOf(error)}`);
    }
  }
}
