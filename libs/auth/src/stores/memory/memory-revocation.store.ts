import type { Revocation, RevocationQuery, RevocationStore } from '../../revocation/revocation.store.js';

/** Revocations of one process; gone when it ends. */
export class MemoryRevocationStore implements RevocationStore {
  #revocations: Revocation[] = [];

  async save(revocations: readonly Revocation[]): Promise<void> {
    for (const revocation of revocations) this.#revocations.push({ ...revocation });
  }

  async findActive({ activeAt, after, limit }: RevocationQuery): Promise<readonly Revocation[]> {
    return this.#page('expiresAt', ({ expiresAt }) => expiresAt > activeAt, limit, after);
  }

  async findSince(
    time: number,
    limit: number,
    after?: Pick<Revocation, 'revokedAt' | 'id'>,
  ): Promise<readonly Revocation[]> {
    return this.#page('revokedAt', ({ revokedAt }) => revokedAt >= time, limit, after);
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    this.#revocations = this.#revocations.filter(({ expiresAt }) => expiresAt > time);
  }

  #page<Time extends 'expiresAt' | 'revokedAt'>(
    by: Time,
    isWanted: (revocation: Revocation) => boolean,
    limit: number,
    after: Pick<Revocation, Time | 'id'> | undefined,
  ): readonly Revocation[] {
    const order = (one: Pick<Revocation, Time | 'id'>, other: Pick<Revocation, Time | 'id'>) =>
      one[by] - other[by] || (one.id < other.id ? -1 : Number(one.id > other.id));
    return this.#revocations
      .filter((revocation) => isWanted(revocation) && (after === undefined || order(after, revocation) < 0))
      .sort(order)
      .slice(0, limit)
      .map((revocation) => ({ ...revocation }));
  }
}
