import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Revocation, RevocationStore } from '../../revocation/revocation.store.js';
import { compareTexts, SortedEntries } from './sorted-entries.js';

/** Revocations that are forgotten at a time. */
const FORGOTTEN_AT_ONCE = 1_000;

type Ending = Pick<Revocation, 'expiresAt' | 'id'>;
type Made = Pick<Revocation, 'revokedAt' | 'id'>;

/** Revocations of one process; gone when it ends. */
export class MemoryRevocationStore implements RevocationStore {
  readonly #byId = new Map<string, Revocation>();
  readonly #byEnd = new SortedEntries<Ending, Revocation>(
    (one, other) => one.expiresAt - other.expiresAt || compareTexts(one.id, other.id),
  );
  readonly #byTime = new SortedEntries<Made, Revocation>(
    (one, other) => one.revokedAt - other.revokedAt || compareTexts(one.id, other.id),
  );

  async save(revocations: readonly Revocation[]): Promise<void> {
    for (const revocation of revocations) {
      this.#forget(this.#byId.get(revocation.id));
      const kept = { ...revocation };
      this.#byId.set(kept.id, kept);
      this.#byEnd.add(kept);
      this.#byTime.add(kept);
    }
  }

  async findSince(time: number, limit: number, after?: Made): Promise<readonly Revocation[]> {
    const before = { revokedAt: time - 1, id: '' };
    const found = this.#byTime.first({ after: after ?? before, limit }, ({ revokedAt }) => revokedAt >= time);
    return found.map((revocation) => ({ ...revocation }));
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    for (;;) {
      const first = this.#byEnd.first({ limit: FORGOTTEN_AT_ONCE }, () => true);
      const ended = first.filter(({ expiresAt }) => expiresAt <= time);
      for (const revocation of ended) this.#forget(revocation);
      if (ended.length < FORGOTTEN_AT_ONCE) return;
      await nextTurn();
    }
  }

  #forget(revocation: Revocation | undefined): void {
    if (revocation === undefined) return;
    this.#byId.delete(revocation.id);
    this.#byEnd.remove(revocation);
    this.#byTime.remove(revocation);
  }
}
