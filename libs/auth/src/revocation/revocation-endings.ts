import { Log, textOf } from '../log.js';
import type { Replicator } from '../replication/replicator.js';
import type { RevocationDetails } from './new-revocation.js';
import type { Revocation } from './revocation.store.js';

/** Ends what there is besides tokens. */
export type RevocationListener = (revocation: Revocation, details: RevocationDetails) => Promise<unknown>;

/** What ends besides tokens, whenever a user, a client, an issuer, or a session that may go on is revoked. */
export class RevocationEndings {
  readonly #logger = new Log();
  readonly #listeners = new Set<RevocationListener>();

  constructor(private readonly replicator: Replicator) {}

  add(end: RevocationListener): void {
    this.#listeners.add(end);
  }

  /** Ends all of it, one beside the other; what could not be ended now goes on to be tried. */
  async endAll(revocation: Revocation, details: RevocationDetails): Promise<PromiseSettledResult<unknown>[]> {
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
    return ended;
  }
}
