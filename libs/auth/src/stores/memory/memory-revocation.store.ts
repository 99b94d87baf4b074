import type { Revocation, RevocationStore } from '../../revocation/revocation.store.js';

/** Revocations of one process; gone when it ends. */
export class MemoryRevocationStore implements RevocationStore {
  #revocations: Revocation[] = [];

  async save(revocations: readonly Revocation[]): Promise<void> {
    for (const revocation of revocations) this.#revocations.push({ ...revocation });
  }

  async findSince(
    time: number,
    limit: number,
    after?: Pick<Revocation, 'revokedAt' | 'id'>,
  ): Promise<readonly Revocation[]> {
    return this.#revocations
      .filter((each) => each.revokedAt >= time && (after === undefined || inOrder(after, each) < 0))
      .sort(inOrder)
      .slice(0, limit)
      .map((revocation) => ({ ...revocation }));
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    this.#revocations = this.#revocations.filter(({ expiresAt }) => expiresAt > time);
  }
}

function inOrder(one: Pick<Revocation, 'revokedAt' | 'id'>, other: Pick<Revocation, 'revokedAt' | 'id'>) {
  return one.revokedAt - other.revokedAt || (one.id < other.id ? -1 : Number(one.id > other.id));
}
