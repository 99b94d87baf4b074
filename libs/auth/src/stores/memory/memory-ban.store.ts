import type { Ban, BanQuery, BanRecord, BanStore } from '../../bans/ban.store.js';

/** Bans of one process; gone when it ends. */
export class MemoryBanStore implements BanStore {
  readonly #bans = new Map<string, BanRecord>();
  /** The ids of each network's bans. */
  readonly #byNetwork = new Map<string, Set<string>>();

  async save(bans: readonly BanRecord[]): Promise<void> {
    for (const ban of bans) {
      this.#delete(ban.id);
      this.#bans.set(ban.id, copyOf(ban));
      const ids = this.#byNetwork.get(ban.network) ?? new Set();
      this.#byNetwork.set(ban.network, ids.add(ban.id));
    }
  }

  async findById(id: string): Promise<BanRecord | undefined> {
    const ban = this.#bans.get(id);
    return ban && copyOf(ban);
  }

  async findLatest(network: string, shadow: boolean): Promise<Ban | undefined> {
    const [latest] = this.#ofNetworks([network])
      .filter((ban) => ban.shadow === shadow)
      .sort(newestFirst);
    return latest && withoutStrikes(latest);
  }

  async list({ activeAt, networks, rule, shadow, after, limit }: BanQuery): Promise<readonly Ban[]> {
    const candidates = networks === undefined ? [...this.#bans.values()] : this.#ofNetworks(networks);
    return candidates
      .filter(
        (ban) =>
          (activeAt === undefined || ban.expiresAt > activeAt) &&
          (rule === undefined || ban.rule === rule) &&
          (shadow === undefined || ban.shadow === shadow) &&
          (after === undefined || newestFirst(after, ban) < 0),
      )
      .sort(newestFirst)
      .slice(0, limit)
      .map(withoutStrikes);
  }

  async lift(id: string, at: number, by: string | null): Promise<Ban | undefined> {
    const ban = this.#bans.get(id);
    if (ban === undefined || ban.liftedAt !== null || ban.expiresAt <= at) return undefined;
    const lifted: BanRecord = { ...ban, expiresAt: at, liftedAt: at, liftedBy: by };
    this.#bans.set(id, lifted);
    return withoutStrikes(lifted);
  }

  async forget(network: string): Promise<void> {
    for (const { id } of this.#ofNetworks([network])) this.#delete(id);
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    for (const ban of this.#bans.values()) {
      if (ban.expiresAt <= time) this.#delete(ban.id);
    }
  }

  async trim(max: number): Promise<void> {
    const ofRules = [...this.#bans.values()].filter(({ rule }) => rule !== null);
    if (ofRules.length <= max) return;
    ofRules.sort((one, other) => one.expiresAt - other.expiresAt);
    for (const { id } of ofRules.slice(0, ofRules.length - max)) this.#delete(id);
  }

  async clear(): Promise<number> {
    const count = this.#bans.size;
    this.#bans.clear();
    this.#byNetwork.clear();
    return count;
  }

  #ofNetworks(networks: readonly string[]): BanRecord[] {
    return [...new Set(networks)].flatMap((network) =>
      [...(this.#byNetwork.get(network) ?? [])].map((id) => this.#bans.get(id) as BanRecord),
    );
  }

  #delete(id: string): void {
    const ban = this.#bans.get(id);
    if (ban === undefined) return;
    this.#bans.delete(id);
    const ids = this.#byNetwork.get(ban.network);
    ids?.delete(id);
    if (ids?.size === 0) this.#byNetwork.delete(ban.network);
  }
}

function newestFirst(one: Pick<Ban, 'createdAt' | 'id'>, other: Pick<Ban, 'createdAt' | 'id'>): number {
  const byTime = other.createdAt - one.createdAt;
  if (byTime !== 0) return byTime;
  if (one.id === other.id) return 0;
  return one.id > other.id ? -1 : 1;
}

function copyOf(ban: BanRecord): BanRecord {
  return { ...ban, strikes: ban.strikes.map((strike) => ({ ...strike })) };
}

function withoutStrikes({ strikes: _, ...ban }: BanRecord): Ban {
  return ban;
}
