import {
  type IpAddress,
  type IpRange,
  type IpVersion,
  networkOf,
  parseIpRange,
  textOf,
} from '../net/ip-address.js';
import { NetworkTable } from './network-table.js';

/** A network that is banned, until when. */
export interface BannedNetwork {
  /** CIDR notation; canonical in what comes from a set. */
  readonly network: string;
  /** Milliseconds since the epoch; the ban holds before it. */
  readonly expiresAt: number;
}

/**
 * Every network that is banned, in memory, for the lookup on each request: one table per prefix length in use, so that a lookup
 * is one short search in each, however many bans there are. What else there is to know of a ban is in the store.
 * Expiry is checked when a ban is met; no timer runs per ban.
 */
export class BanSet {
  /** From long prefixes to short ones, since most bans are of single subscribers. */
  readonly #tables: Record<IpVersion, NetworkTable[]> = { 0: [], 4: [], 6: [] };

  /** How many networks there are, with the expired ones that no sweep has met yet. */
  get size(): number {
    return this.#all().reduce((sum, { table }) => sum + table.size, 0);
  }

  /** The ban that covers the address at the given time (milliseconds since the epoch); of several the one that ends last. */
  find(address: IpAddress, now: number): BannedNetwork | undefined {
    const tables = this.#tables[address.version];
    // Most sets are empty, and V8 makes an object of each number that changes here.
    if (tables.length === 0) return undefined;
    let [last, prefixLength] = [now, -1];
    for (const table of tables) {
      const expiresAt = table.endOf(address.words);
      if (expiresAt > last) [last, prefixLength] = [expiresAt, table.prefixLength];
    }
    return prefixLength < 0 ? undefined : new FoundNetwork(address, prefixLength, last);
  }

  /** Whether a ban covers the whole network at the given time (milliseconds since the epoch). */
  covers({ version, prefixLength, words }: IpRange, now: number): boolean {
    return this.#tables[version].some(
      (table) => table.prefixLength <= prefixLength && table.endOf(words) > now,
    );
  }

  /** Whether there is a ban of exactly this network, in force or over. */
  has({ version, prefixLength, words }: IpRange): boolean {
    const table = this.#tables[version].find((candidate) => candidate.prefixLength === prefixLength);
    return table !== undefined && !Number.isNaN(table.endOf(words));
  }

  /**
   * Bans a network; of two bans for one network the one that lasts longer stays.
   *
   * @throws TypeError when the text is no network, or the time no number
   */
  add({ network, expiresAt }: BannedNetwork): void {
    const { version, prefixLength, words } = rangeOf(network);
    if (Number.isNaN(expiresAt)) throw new TypeError(`The ban of ${network} has no end`);
    this.#tableFor(version, prefixLength).add(words, expiresAt);
  }

  /**
   * Lifts the ban of exactly this network.
   *
   * @returns whether there was one
   */
  remove(network: string): boolean {
    const { version, prefixLength, words } = rangeOf(network);
    const table = this.#tables[version].find((candidate) => candidate.prefixLength === prefixLength);
    if (!table?.remove(words)) return false;
    this.#dropEmptyTables();
    return true;
  }

  /** Drops what has expired at the given time, and returns how many networks that were. */
  sweep(now: number): number {
    const steps = this.sweeping(now);
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
    }
  }

  /** The same in steps, between which bans may come and go. */
  *sweeping(now: number): Generator<void, number, void> {
    let dropped = 0;
    for (const { table } of this.#all()) dropped += yield* table.sweeping(now);
    this.#dropEmptyTables();
    return dropped;
  }

  /**
   * Drops the bans that end soonest, to make room. It looks at every ban, so it is called rarely, for many at a time.
   *
   * @param isEvictable whether the ban of a network may be dropped; by default each may
   * @returns the networks that were dropped, `count` of them if there are as many
   */
  evictSoonest(count: number, isEvictable?: (network: string) => boolean): string[] {
    if (!(count > 0)) return [];
    const latest = isEvictable === undefined ? this.#latestOfSoonest(count) : Number.POSITIVE_INFINITY;
    const candidates: BannedNetwork[] = [];
    for (const { version, table } of this.#all()) {
      table.forEach((words, expiresAt) => {
        const network = textOf({ version, words, prefixLength: table.prefixLength });
        if (isEvictable?.(network) !== false) candidates.push({ network, expiresAt });
      }, latest);
    }
    candidates.sort((one, other) => one.expiresAt - other.expiresAt);
    const evicted = candidates.slice(0, count).map(({ network }) => network);
    for (const network of evicted) this.remove(network);
    return evicted;
  }

  /** Lifts every ban. */
  clear(): void {
    for (const version of [4, 6] as const) this.#tables[version] = [];
  }

  /** When the last of so many ends that end soonest. */
  #latestOfSoonest(count: number): number {
    const ends = new Float64Array(2 * count);
    let [length, latest] = [0, Number.POSITIVE_INFINITY];
    for (const { table } of this.#all()) {
      table.forEachEnd((end) => {
        if (length >= count && end >= latest) return;
        ends[length++] = end;
        if (length < ends.length) return;
        ends.sort();
        length = count;
        latest = ends[count - 1] as number;
      });
    }
    return ends.subarray(0, length).sort()[Math.min(count, length) - 1] ?? latest;
  }

  #tableFor(version: IpVersion, prefixLength: number): NetworkTable {
    const tables = this.#tables[version];
    const existing = tables.find((table) => table.prefixLength === prefixLength);
    if (existing !== undefined) return existing;
    const table = new NetworkTable(prefixLength);
    tables.push(table);
    tables.sort((one, other) => other.prefixLength - one.prefixLength);
    return table;
  }

  #dropEmptyTables(): void {
    for (const version of [4, 6] as const) {
      const tables = this.#tables[version];
      if (tables.some(({ size }) => size === 0))
        this.#tables[version] = tables.filter(({ size }) => size > 0);
    }
  }

  #all(): { readonly version: IpVersion; readonly table: NetworkTable }[] {
    return ([4, 6] as const).flatMap((version) => this.#tables[version].map((table) => ({ version, table })));
  }
}

/** Of two bans the one that ends last: until then the address is refused. */
export function lastOf<One extends BannedNetwork, Other extends BannedNetwork>(
  one: One | undefined,
  other: Other | undefined,
): One | Other | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return other.expiresAt > one.expiresAt ? other : one;
}

/** Writes the network only when it is asked for: that takes longer than to find it. */
class FoundNetwork implements BannedNetwork {
  constructor(
    private readonly address: IpAddress,
    private readonly prefixLength: number,
    readonly expiresAt: number,
  ) {}

  get network(): string {
    return networkOf(this.address, this.prefixLength).text;
  }
}

function rangeOf(network: string): IpRange {
  const range = parseIpRange(network);
  if (range === undefined) throw new TypeError(`There is no network ${network}`);
  return range;
}
