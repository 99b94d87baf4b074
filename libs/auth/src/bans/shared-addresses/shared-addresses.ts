import { crc32 } from 'node:zlib';
import { RecentlyUsed } from '../../recently-used.js';
import type { SharedAddress } from './shared-address.store.js';

const REMEMBERED_NETWORKS = 50_000;
const REMEMBERED_IDENTITIES = 50_000;

/** More people than that behind one address make it no more precious. */
const COUNTED_IDENTITIES = 4;

/** Whoever goes from network to network with one credential makes no more of them precious in a day than this. */
const NETWORKS_OF_ONE = 60;

export const REMEMBERED_MS = 24 * 3_600_000;

/** What is remembered is kept again when it was for so long. */
const KEPT_AGAIN_AFTER_MS = 3_600_000;

/** How much may wait to be kept, while it can't be. */
const WAITING_AT_MOST = 10_000;

/** Of somebody at a network, in milliseconds since the epoch. */
interface Sighting {
  at: number;
  keptAt: number;
}

/** How many networks somebody has been new at since a time (milliseconds since the epoch). */
interface Travels {
  readonly since: number;
  count: number;
}

/**
 * Behind which networks there are people and applications that we know: an office, a mobile carrier's gateway. One of them who
 * misbehaves must not shut out the others at once, so such a network may have more strikes before it is banned.
 */
export class SharedAddresses {
  /** By network, and there by mark. */
  readonly #seen = new RecentlyUsed<Map<string, Sighting>>(REMEMBERED_NETWORKS);
  readonly #travels = new RecentlyUsed<Travels>(REMEMBERED_IDENTITIES);
  /** What is to be kept, by id, the oldest first. */
  readonly #due = new Map<string, Sighting>();

  /**
   * @param now the clock, in milliseconds since the epoch
   * @param isKept whether somebody asks for what is {@link due}
   */
  constructor(
    private readonly now: () => number,
    private readonly isKept = false,
  ) {}

  /** To be called when a proven identity was served at this network. */
  note(network: string, identity: string): void {
    const now = this.now();
    const mark = markOf(network, identity);
    const seen = this.#seenAt(network);
    const known = seen.get(mark);
    if (known !== undefined) known.at = now;
    else if (!this.#hasRoom(seen) || !this.#mayBeNew(identity, now)) return;
    const sighting = known ?? { at: now, keptAt: Number.NEGATIVE_INFINITY };
    if (known === undefined) seen.set(mark, sighting);
    this.#seen.set(network, seen);
    if (this.isKept && now - sighting.keptAt >= KEPT_AGAIN_AFTER_MS)
      this.#owe(`${network} ${mark}`, sighting);
  }

  /** How many times as many strikes the network may have: 1 where nobody is known, 5 where many are. */
  factorOf(network: string): number {
    const seen = this.#seen.get(network);
    if (seen === undefined) return 1;
    this.#forgetOld(seen);
    return 1 + seen.size;
  }

  /** Takes over what was kept, also by others. It pushes nobody out. */
  learn({ id, seenAt }: SharedAddress): void {
    const [network = '', mark = ''] = id.split(' ');
    if (this.#seen.size >= REMEMBERED_NETWORKS && !this.#seen.has(network)) return;
    // What somebody's clock has dated ahead is no older than it is.
    const at = Math.min(seenAt, this.now());
    const seen = this.#seenAt(network);
    const known = seen.get(mark);
    if (known !== undefined) {
      known.at = Math.max(known.at, at);
      known.keptAt = Math.max(known.keptAt, at);
    } else if (this.#hasRoom(seen)) seen.set(mark, { at, keptAt: at });
    this.#seen.set(network, seen);
  }

  /** What is to be kept, as it is now. */
  due(): readonly SharedAddress[] {
    return [...this.#due].map(([id, { at: seenAt }]) => ({ id, seenAt }));
  }

  /** To be called when it was kept. */
  noteKept(kept: readonly SharedAddress[]): void {
    for (const { id, seenAt } of kept) {
      const sighting = this.#due.get(id);
      if (sighting !== undefined) sighting.keptAt = seenAt;
      this.#due.delete(id);
    }
  }

  #owe(id: string, sighting: Sighting): void {
    const [oldest] = this.#due.keys();
    if (oldest !== undefined && this.#due.size >= WAITING_AT_MOST && !this.#due.has(id))
      this.#due.delete(oldest);
    this.#due.set(id, sighting);
  }

  #seenAt(network: string): Map<string, Sighting> {
    return this.#seen.get(network) ?? new Map();
  }

  #hasRoom(seen: Map<string, Sighting>): boolean {
    if (seen.size >= COUNTED_IDENTITIES) this.#forgetOld(seen);
    return seen.size < COUNTED_IDENTITIES;
  }

  /** One account at very many addresses would push out everybody else. */
  #mayBeNew(identity: string, now: number): boolean {
    const before = this.#travels.get(identity);
    const travels =
      before !== undefined && Math.abs(now - before.since) < REMEMBERED_MS
        ? before
        : { since: now, count: 0 };
    travels.count++;
    this.#travels.set(identity, travels);
    return travels.count <= NETWORKS_OF_ONE;
  }

  #forgetOld(seen: Map<string, Sighting>): void {
    const oldest = this.now() - REMEMBERED_MS;
    for (const [mark, { at }] of seen) if (at <= oldest) seen.delete(mark);
  }
}

/** Twelve bits tell four people apart, and are those of too many people to say who it was. */
function markOf(network: string, identity: string): string {
  return (crc32(`${network} ${identity}`) & 0xfff).toString(16);
}
