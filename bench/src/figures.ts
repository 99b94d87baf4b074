/** What the rounds of one measurement came to. */
export interface Figure {
  readonly median: number;
  /** The median lies between these with a confidence of 95 %; of less than six rounds they are the least and the most. */
  readonly low: number;
  readonly high: number;
}

/** How wide the interval of a median may be, as a share of it, before nothing can be said. */
const WIDEST = 1 / 3;

/** Half as many standard deviations as hold 95 % of what is normally distributed. */
const HALF_OF_95_PERCENT = 0.98;

/** Whether a median is known so well that it says something. */
export function isSteady({ median, low, high }: Figure): boolean {
  return high - low <= median * WIDEST;
}

/** The figure of some values. Its interval goes by their order alone, whatever their distribution. */
export function figureOf(values: readonly number[]): Figure {
  const sorted = values.toSorted((one, other) => one - other);
  const count = sorted.length;
  const beyond = Math.max(1, Math.floor(count / 2 - HALF_OF_95_PERCENT * Math.sqrt(count)));
  return {
    median: quantile(sorted, 0.5),
    low: sorted[beyond - 1] as number,
    high: sorted[count - beyond] as number,
  };
}

/** The figure of values of several starts. Its interval holds the median of each: within one start values are more alike than they should be. */
export function figureOfStarts(starts: readonly (readonly number[])[]): Figure {
  const { median, low, high } = figureOf(starts.flat());
  const medians = starts.map((values) => figureOf(values).median);
  return { median, low: Math.min(low, ...medians), high: Math.max(high, ...medians) };
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
