import type { Ban, BanStore } from '../../bans/ban.store.js';

/** Bans of one process; gone when it ends. */
export class MemoryBanStore implements BanStore {
  readonly #bans = new Map<string, Ban>();

  async save(ban: Ban): Promise<void> {
    this.#bans.set(ban.id, { ...ban });
  }

  async remove(id: string): Promise<Ban | undefined> {
    const ban = this.#bans.get(id);
    this.#bans.delete(id);
    return ban;
  }

  async findLatest(network: string): Promise<Ban | undefined> {
    return newestFirst([...this.#bans.values()].filter((ban) => ban.network === network))[0];
  }

  async findActive(now: number): Promise<readonly Ban[]> {
    return newestFirst([...this.#bans.values()].filter((ban) => ban.expiresAt > now));
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    for (const ban of this.#bans.values()) {
      if (ban.expiresAt <= time) this.#bans.delete(ban.id);
    }
  }
}

function newestFirst(bans: readonly Ban[]): Ban[] {
  return bans.map((ban) => ({ ...ban })).sort((one, other) => other.createdAt - one.createdAt);
}
