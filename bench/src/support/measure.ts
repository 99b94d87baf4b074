/** Something to be measured: one call of it, or a promise of one. */
export type Subject = (index: number) => unknown;

/** What the rounds of one subject came to. */
export interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * The CPU time of one call of each subject, in microseconds, by rounds in which they take turns: what else the machine does
 * meets all of them alike.
 */
export async function measure(
  subjects: Readonly<Record<string, Subject>>,
  { rounds, calls }: { readonly rounds: number; readonly calls: number },
): Promise<Record<string, number[]>> {
  const results = Object.fromEntries(Object.keys(subjects).map((name) => [name, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, subject] of Object.entries(subjects)) {
      const microseconds = await cpuOf(subject, calls);
      // The first round warms up.
      if (round >= 0) results[name]?.push(microseconds);
    }
  }
  return results;
}

/** The figure of some values. */
export function figureOf(values: readonly number[]): Figure {
  const sorted = values.toSorted((one, other) => one - other);
  return {
    median: quantile(sorted, 0.5),
    min: sorted[0] as number,
    max: sorted.at(-1) as number,
  };
}

/** @param sorted in ascending order */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] as number;
}

async function cpuOf(subject: Subject, calls: number): Promise<number> {
  const before = process.cpuUsage();
  for (let index = 0; index < calls; index++) {
    const result = subject(index);
    if (result instanceof Promise) await result;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}
