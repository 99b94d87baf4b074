import { setImmediate as nextTurn } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { ActiveBanQuery, Ban, BanQuery, BanRecord, BanStore, Strike } from '../../bans/ban.store.js';
import { type Listed, listed } from '../../page-cursor.js';
import { compareTexts, SortedEntries } from './sorted-entries.js';

/** About 20 MB. */
const REMEMBERED_STRIKES = 50_000;
/** Bans that are forgotten at a time. */
const FORGOTTEN_AT_ONCE = 1_000;
/** Networks with more bans than that are not listed by themselves. */
const MOST_SORTED = 10_000;

type Made = Pick<Ban, 'createdAt' | 'id'>;
type Ending = Pick<Ban, 'expiresAt' | 'id'>;

/**
 * Bans of one process; gone when it ends. Of the strikes that led to them the last 50,000 are kept: an attacker with very many
 * addresses would fill the memory with them.
 */
export class MemoryBanStore implements BanStore {
  readonly #bans = new Map<string, Ban>();
  readonly #byNetwork = new Map<string, Set<Ban>>();
  readonly #byTime = new SortedEntries<Made, Ban>(oldestFirst);
  readonly #byEnd = new SortedEntries<Ending, Ban>(
    (one, other) => one.expiresAt - other.expiresAt || compareTexts(one.id, other.id),
  );
  /** How many a rule has decided. */
  #ofRules = 0;
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
    let latest: Ban | undefined;
    for (const ban of this.#byNetwork.get(network) ?? [])
      if (ban.shadow === shadow && (latest === undefined || oldestFirst(latest, ban) < 0)) latest = ban;
    return latest && copyOf(latest);
  }

  async list({ activeAt, networks, rule, shadow, after, limit }: BanQuery): Promise<Listed<Ban, Made>> {
    const isWanted = (ban: Ban) =>
      (activeAt === undefined || ban.expiresAt > activeAt) &&
      (rule === undefined || ban.rule === rule) &&
      (shadow === undefined || ban.shadow === shadow);
    const ofNetworks = networks && this.#ofNetworks(networks);
    if (ofNetworks !== undefined && ofNetworks.length <= MOST_SORTED) {
      const found = ofNetworks.filter(
        (ban) => isWanted(ban) && (after === undefined || oldestFirst(after, ban) > 0),
      );
      return found
        .sort((one, other) => oldestFirst(other, one))
        .slice(0, limit)
        .map(copyOf);
    }
    const wanted = networks && new Set(networks);
    const found = this.#byTime.last(
      { after, limit },
      (ban) => isWanted(ban) && (wanted === undefined || wanted.has(ban.network)),
    );
    return listed(found.map(copyOf), found.stoppedAt);
  }

  async findActive({ activeAt, after, limit }: ActiveBanQuery): Promise<readonly Ban[]> {
    const found: Ban[] = [];
    for (const ban of this.#byEnd.downwards(after)) {
      if (found.length >= limit || ban.expiresAt <= activeAt) break;
      found.push(copyOf(ban));
    }
    return found;
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
    const bans = [...(this.#byNetwork.get(network) ?? [])];
    for (const [index, { id }] of bans.entries()) {
      this.#delete(id);
      if (index % FORGOTTEN_AT_ONCE === FORGOTTEN_AT_ONCE - 1) await nextTurn();
    }
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    await this.#forgetFirst(({ expiresAt }) => expiresAt <= time);
  }

  async trim(max: number): Promise<void> {
    let surplus = this.#ofRules - max;
    await this.#forgetFirst(
      () => surplus > 0,
      ({ rule }) => rule !== null && surplus-- > 0,
    );
  }

  async forgetByIds(ids: readonly string[]): Promise<number> {
    const before = this.#bans.size;
    for (const id of ids) this.#delete(id);
    return before - this.#bans.size;
  }

  /**
   * Looks through those that end first.
   *
   * @param goesOn whether it is looked further, at this one
   */
  async #forgetFirst(goesOn: (ban: Ban) => boolean, isForgotten: (ban: Ban) => boolean = () => true) {
    let after: Ban | undefined;
    do {
      let isOver = false;
      const part = this.#byEnd.first({ after, limit: FORGOTTEN_AT_ONCE }, () => true);
      for (const ban of part) {
        isOver ||= !goesOn(ban);
        if (!isOver && isForgotten(ban)) this.#delete(ban.id);
      }
      after = isOver || part.length < FORGOTTEN_AT_ONCE ? undefined : part.at(-1);
      if (after !== undefined) await nextTurn();
    } while (after !== undefined);
  }

  #ofNetworks(networks: readonly string[]): Ban[] {
    return [...new Set(networks)].flatMap((network) => [...(this.#byNetwork.get(network) ?? [])]);
  }

  #put(ban: Ban): void {
    this.#bans.set(ban.id, ban);
    const others = this.#byNetwork.get(ban.network);
    if (others === undefined) this.#byNetwork.set(ban.network, new Set([ban]));
    else others.add(ban);
    this.#byTime.add(ban);
    this.#byEnd.add(ban);
    if (ban.rule !== null) this.#ofRules++;
  }

  #remove(ban: Ban): void {
    this.#bans.delete(ban.id);
    const others = this.#byNetwork.get(ban.network);
    others?.delete(ban);
    if (others?.size === 0) this.#byNetwork.delete(ban.network);
    this.#byTime.remove(ban);
    this.#byEnd.remove(ban);
    if (ban.rule !== null) this.#ofRules--;
  }

  #delete(id: string): void {
    const ban = this.#bans.get(id);
    if (ban !== undefined) this.#remove(ban);
    this.#strikes.delete(id);
  }
}

function oldestFirst(one: Made, other: Made): number {
  return one.createdAt - other.createdAt || compareTexts(one.id, other.id);
}

function copyOf<T extends Ban | Strike>(kept: T): T {
  return { ...kept };
}
