import { LRUCache } from 'lru-cache';
import type { Ban, BanQuery, BanRecord, BanStore, Strike } from '../../bans/ban.store.js';

/** About 20 MB. */
const REMEMBERED_STRIKES = 50_000;

/**
 * Bans of one process; gone when it ends. Of the strikes that led to them the last 50,000 are kept: an attacker with very many
 * addresses would fill the memory with them.
 */
export class MemoryBanStore implements BanStore {
  readonly #bans = new Map<string, Ban>();
  readonly #byNetwork = new Map<string, readonly Ban[]>();
  readonly #strikes = new LRUCache<string, readonly Strike[]>({
    maxSize: REMEMBERED_STRIKES,
    sizeCalculation: (strikes) => strikes.length,
  });

  async save(bans: readonly BanRecord[]): Promise<void> {
    for (const { strikes, ...ban } of bans) {
      this.#delete(ban.id);
      this.#put(ban);
      if (strikes.length > 0) this.#strikes.set(ban.id, strikes.map(copyOf));
    }
  }

  async findById(id: string): Promise<BanRecord | undefined> {
    const ban = this.#bans.get(id);
    return ban && { ...ban, strikes: (this.#strikes.get(id) ?? []).map(copyOf) };
  }

  async findLatest(network: string, shadow: boolean): Promise<Ban | undefined> {
    const [latest] = this.#ofNetworks([network])
      .filter((ban) => ban.shadow === shadow)
      .sort(newestFirst);
    return latest && copyOf(latest);
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
      .map(copyOf);
  }

  async lift(id: string, at: number, by: string | null): Promise<Ban | undefined> {
    const ban = this.#bans.get(id);
    if (ban === undefined || ban.liftedAt !== null || ban.expiresAt <= at) return undefined;
    const lifted: Ban = { ...ban, expiresAt: at, liftedAt: at, liftedBy: by };
    this.#remove(ban);
    this.#put(lifted);
    return copyOf(lifted);
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
    this.#strikes.clear();
    return count;
  }

  #ofNetworks(networks: readonly string[]): Ban[] {
    return [...new Set(networks)].flatMap((network) => this.#byNetwork.get(network) ?? []);
  }

  #put(ban: Ban): void {
    this.#bans.set(ban.id, ban);
    this.#byNetwork.set(ban.network, [...(this.#byNetwork.get(ban.network) ?? []), ban]);
  }

  #remove(ban: Ban): void {
    this.#bans.delete(ban.id);
    const others = this.#byNetwork.get(ban.network)?.filter(({ id }) => id !== ban.id) ?? [];
    if (others.length > 0) this.#byNetwork.set(ban.network, others);
    else this.#byNetwork.delete(ban.network);
  }

  #delete(id: string): void {
    const ban = this.#bans.get(id);
    if (ban !== undefined) this.#remove(ban);
    this.#strikes.delete(id);
  }
}

function newestFirst(one: Pick<Ban, 'createdAt' | 'id'>, other: Pick<Ban, 'createdAt' | 'id'>): number {
  const byTime = other.createdAt - one.createdAt;
  if (byTime !== 0) return byTime;
  if (one.id === other.id) return 0;
  return one.id > other.id ? -1 : 1;
}

function copyOf<T extends Ban | Strike>(kept: T): T {
  return { ...kept };
}
