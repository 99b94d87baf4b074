import { RecentlyUsed } from '../recently-used.js';
import type { SlidingSums, SumKind } from './sliding-sums.js';
import { shareLeft } from './window-share.js';

/**
 * How many sums of each kind are kept in memory, at most about 120 MB. Each kind has room of its own, because some cost an attacker nothing:
 * one address can think of as many paths as it likes, and must not push out the points of others by it.
 */
const REMEMBERED_SUMS: Readonly<Record<SumKind, number>> = {
  /** Points of a network by a rule. */
  network: 100_000,
  /** What a network has added to the points of a wider one. */
  share: 50_000,
  /** Points of a proven identity by a rule. */
  identity: 30_000,
  /** Failures at an account, and at one from one network. */
  account: 30_000,
  /** Which paths a rule has seen of somebody. */
  path: 50_000,
  /** Which credentials a rule has seen of somebody. */
  credential: 30_000,
};

/** In how many parts a window passes. Each begins with a strike, so that a burst is counted to the point whenever it comes. */
const PARTS = 16;

/** What came in a part of a window. */
interface Part {
  readonly begin: number;
  points: number;
}

/** The points of one key in a window that slides, within a sixteenth of it. */
class Sum {
  /** Oldest first. There are very many, most of one part, and a list that grows takes room for seventeen. */
  #parts: readonly Part[] = [];

  add(points: number, milliseconds: number, now: number): void {
    const partMs = milliseconds / PARTS;
    const last = this.#parts.at(-1);
    if (last !== undefined && last.begin <= now && now < last.begin + partMs) {
      last.points += points;
      return;
    }
    // Whoever sets a clock back keeps nothing for ever by it.
    const kept: readonly Part[] =
      last !== undefined && now < last.begin
        ? [{ begin: now, points: this.at(now, milliseconds) }]
        : this.#parts.filter(({ begin }) => begin + partMs > now - milliseconds);
    this.#parts = [...kept, { begin: now, points }];
  }

  /** What is left of a part that is half out of the window is rounded up. */
  at(now: number, milliseconds: number): number {
    const partMs = milliseconds / PARTS;
    let sum = 0;
    for (const { begin, points } of this.#parts)
      sum += Math.ceil(points * shareLeft((now - milliseconds - begin) / partMs));
    return sum;
  }
}

/** Sums in this process. There is no timer for each, as a limiter in memory has: what is old is pushed out by what is new. */
export class RememberedSums implements SlidingSums {
  readonly #sums = new Map<SumKind, RecentlyUsed<Sum>>();
  readonly #asked = new Map<SumKind, RecentlyUsed<number>>();

  /** @param now the clock, in milliseconds since the epoch */
  constructor(private readonly now: () => number) {}

  add(kind: SumKind, key: string, points: number, seconds: number): number {
    const sums = cacheOf(this.#sums, kind);
    const now = this.now();
    let sum = sums.get(key);
    if (sum === undefined) {
      sum = new Sum();
      sums.set(key, sum);
    }
    sum.add(points, seconds * 1000, now);
    return sum.at(now, seconds * 1000);
  }

  get(kind: SumKind, key: string, seconds: number): number {
    return (
      this.#sums
        .get(kind)
        ?.get(key)
        ?.at(this.now(), seconds * 1000) ?? 0
    );
  }

  isNew(kind: SumKind, key: string, seconds: number): boolean {
    const asked = cacheOf(this.#asked, kind);
    const now = this.now();
    const last = asked.get(key);
    asked.set(key, now);
    return last === undefined || Math.abs(now - last) >= seconds * 1000;
  }

  delete(kind: SumKind, key: string): void {
    this.#sums.get(kind)?.delete(key);
  }
}

function cacheOf<Value extends {}>(
  caches: Map<SumKind, RecentlyUsed<Value>>,
  kind: SumKind,
): RecentlyUsed<Value> {
  let cache = caches.get(kind);
  if (cache === undefined) {
    cache = new RecentlyUsed<Value>(REMEMBERED_SUMS[kind]);
    caches.set(kind, cache);
  }
  return cache;
}
