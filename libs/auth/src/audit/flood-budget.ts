const MINUTE_MS = 60_000;

/** Where few are kept a minute, several callers still have theirs. */
const FEWEST_CALLERS = 10;

/** What was kept of one type within a minute. */
interface Kept {
  /** Of those who have proven nothing. */
  ofAnybody: number;
  /** Of all proven callers, from their own share. */
  ofCallers: number;
  /** Of each of them. */
  readonly ofEach: Map<string, number>;
}

/**
 * How much is kept of what comes in any number. Proven callers have a share that nobody else can use up, and among themselves the fewer one
 * has, the sooner it gets more: one that comes alone has as much as everybody who has proven nothing, four have twice as much together, a
 * hundred ten times as much. Whoever floods by many accounts thus gains little, and takes the first entries from nobody.
 */
export class FloodBudget {
  #minuteBegan = Number.NEGATIVE_INFINITY;
  /** By type, so that refusals in any number leave room for bans and logins. */
  readonly #kept = new Map<string, Kept>();

  /** @param perMinute how many are kept of each type of those who have proven nothing, together; as many of one proven caller alone */
  constructor(private readonly perMinute: number) {}

  /**
   * Takes one of a type from the share of a proven caller.
   *
   * @returns its ordinal among those of this caller, from 1; undefined where it can't be kept
   */
  takeForCaller(type: string, caller: string): number | undefined {
    const kept = this.#of(type);
    const next = (kept.ofEach.get(caller) ?? 0) + 1;
    if (kept.ofCallers * next >= this.perMinute * Math.max(this.perMinute, FEWEST_CALLERS)) return undefined;
    kept.ofCallers++;
    kept.ofEach.set(caller, next);
    return next;
  }

  /** Whether one more of a type may be kept from the share of those who have proven nothing. */
  takeForAnybody(type: string): boolean {
    const kept = this.#of(type);
    if (kept.ofAnybody >= this.perMinute) return false;
    kept.ofAnybody++;
    return true;
  }

  #of(type: string): Kept {
    const now = performance.now();
    if (now - this.#minuteBegan >= MINUTE_MS) {
      this.#minuteBegan = now;
      this.#kept.clear();
    }
    const kept = this.#kept.get(type) ?? { ofAnybody: 0, ofCallers: 0, ofEach: new Map() };
    this.#kept.set(type, kept);
    return kept;
  }
}
