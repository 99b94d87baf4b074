/** What the rounds of one measurement came to. */
export interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** How far the rounds may lie apart, as a share of their median, before nothing can be said. */
const WIDEST = 1 / 3;

/** Whether the rounds lie so close together that a ratio of them says something. */
export function isSteady({ median, min, max }: Figure): boolean {
  return max - min <= median * WIDEST;
}

/** The figure of some values. */
export function figureOf(values: readonly number[]): Figure {
  const sorted = values.toSorted((one, other) => one - other);
  return { median: quantile(sorted, 0.5), min: sorted[0] as number, max: sorted.at(-1) as number };
}

/** @param sorted in ascending order */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] as number;
}

/** What the rounds of one subject are to the same rounds of another: what else the machine did then met both alike. */
export function ratiosOf(rounds: readonly number[], others: readonly number[]): number[] {
  if (rounds.length !== others.length) throw new RangeError('rounds are compared one with one');
  return rounds.map((value, round) => value / (others[round] as number));
}
