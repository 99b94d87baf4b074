import type { Revocation, RevocationQuery, RevocationStore } from '../../revocation/revocation.store.js';

/** Revocations of one process; gone when it ends. */
export class MemoryRevocationStore implements RevocationStore {
  #revocations: Revocation[] = [];

  async save(revocation: Revocation): Promise<void> {
    this.#revocations.push({ ...revocation });
  }

  async findActive({ activeAt, after, limit }: RevocationQuery): Promise<readonly Revocation[]> {
    return this.#revocations
      .filter(
        (revocation) => revocation.expiresAt > activeAt && (!after || firstEnding(after, revocation) < 0),
      )
      .sort(firstEnding)
      .slice(0, limit)
      .map((revocation) => ({ ...revocation }));
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    this.#revocations = this.#revocations.filter(({ expiresAt }) => expiresAt > time);
  }
}

type Place = Pick<Revocation, 'expiresAt' | 'id'>;

function firstEnding(one: Place, other: Place): number {
  if (one.expiresAt !== other.expiresAt) return one.expiresAt - other.expiresAt;
  return one.id < other.id ? -1 : Number(one.id > other.id);
}
