import type { Revocation, RevocationStore } from '../../revocation/revocation.store.js';

/** Revocations of one process; gone when it ends. */
export class MemoryRevocationStore implements RevocationStore {
  #revocations: Revocation[] = [];

  async save(revocation: Revocation): Promise<void> {
    this.#revocations.push({ ...revocation });
  }

  async findActive(now: number): Promise<readonly Revocation[]> {
    return this.#revocations
      .filter(({ expiresAt }) => expiresAt > now)
      .map((revocation) => ({ ...revocation }));
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    this.#revocations = this.#revocations.filter(({ expiresAt }) => expiresAt > time);
  }
}
