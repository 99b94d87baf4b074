import { TwoGenerations } from '../two-generations.js';
import type { SlidingSums, SumKind } from './sliding-sums.js';
import { shareLeft } from './window-share.js';

/**
 * How many sums of each kind are kept in memory, at least; at most twice as many, in about 80 MB. Each kind has room of its own, because
 * some cost an attacker nothing: one address can think of as many paths as it likes, and must not push out the points of others by it.
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

const NONE: readonly never[] = [];

/** The points of one key in a window that slides, within a sixteenth of it. There are very many, and most have come in one part. */
class Sum {
  /** When each part before the last one began, and its points, in turn, oldest first: as objects they would take four times the memory. */
  #earlier: readonly number[] = NONE;

  /**
   * @param begin of the last part, in milliseconds since the epoch
   * @param points that came in it
   */
  constructor(
    private begin: number,
    private points: number,
  ) {}

  add(points: number, milliseconds: number, now: number): void {
    const partMs = milliseconds / PARTS;
    if (this.begin <= now && now < this.begin + partMs) {
      this.points += points;
      return;
    }
    // Whoever sets a clock back keeps nothing for ever by it.
    const earlier =
      now < this.begin ? [now, this.at(now, milliseconds)] : [...this.#earlier, this.begin, this.points];
    let over = 0;
    while (over < earlier.length && (earlier[over] as number) + partMs <= now - milliseconds) over += 2;
    this.#earlier = over === 0 ? earlier : earlier.slice(over);
    this.begin = now;
    this.points = points;
  }

  at(now: number, milliseconds: number): number {
    const start = now - milliseconds;
    let sum = leftOf(this.begin, this.points, start, milliseconds);
    for (let part = 0; part < this.#earlier.length; part += 2)
      sum += leftOf(this.#earlier[part] as number, this.#earlier[part + 1] as number, start, milliseconds);
    return sum;
  }
}

/** What is left of a part that is half out of a window is rounded up. */
function leftOf(begin: number, points: number, start: number, milliseconds: number): number {
  return Math.ceil(points * shareLeft((start - begin) / (milliseconds / PARTS)));
}

/** Sums in this process. There is no timer for each, as a limiter in memory has: what is old is pushed out by what is new. */
export class RememberedSums implements SlidingSums {
  readonly #sums = new Map<SumKind, TwoGenerations<Sum>>();
  readonly #asked = new Map<SumKind, TwoGenerations<number>>();

  /** @param now the clock, in milliseconds since the epoch */
  constructor(private readonly now: () => number) {}

  add(kind: SumKind, key: string, points: number, seconds: number): number {
    const sums = cacheOf(this.#sums, kind);
    const now = this.now();
    const sum = sums.get(key);
    if (sum === undefined) {
      sums.set(key, new Sum(now, points));
      return points;
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
    const last = asked.peek(key);
    asked.set(key, now);
    return last === undefined || Math.abs(now - last) >= seconds * 1000;
  }

  delete(kind: SumKind, key: string): void {
    this.#sums.get(kind)?.delete(key);
  }
}

function cacheOf<Value extends {}>(
  caches: Map<SumKind, TwoGenerations<Value>>,
  kind: SumKind,
): TwoGenerations<Value> {
  let cache = caches.get(kind);
  if (cache === undefined) {
    cache = new TwoGenerations<Value>(REMEMBERED_SUMS[kind]);
    caches.set(kind, cache);
  }
  return cache;
}
