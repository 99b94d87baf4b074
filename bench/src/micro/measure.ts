import { figureOf, ratiosOf } from '../figures.js';
import type { MicroRow } from '../results.js';

/** Something to be measured: one call of it, or a promise of one. */
export type Call = (index: number) => unknown;

/** How often each subject is called. */
export interface Effort {
  readonly rounds: number;
  /** Calls in a round. */
  readonly calls: number;
}

/**
 * The CPU time of one call of each subject, in nanoseconds, by rounds in which they take turns: what else the machine does meets all
 * of them alike.
 */
export async function measure<Name extends string>(
  subjects: Readonly<Record<Name, Call>>,
  { rounds, calls }: Effort,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(subjects) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -1; round < rounds; round++) {
    for (const name of names) {
      const nanoseconds = await cpuOf(subjects[name], calls);
      // The first round warms up.
      if (round >= 0) results[name].push(nanoseconds);
    }
  }
  return results;
}

/** Measures some subjects, each against the last one of them. */
export async function compare(
  name: string,
  subjects: Readonly<Record<string, Call>>,
  effort: Effort,
): Promise<MicroRow[]> {
  const results = await measure(subjects, effort);
  const ratioTo = Object.keys(subjects).at(-1) as string;
  return Object.entries(results).map(([subject, rounds]) => ({
    name,
    subject,
    nanoseconds: figureOf(rounds).median,
    ...(subject !== ratioTo && {
      ratio: figureOf(ratiosOf(rounds, results[ratioTo] as number[])).median,
      ratioTo,
    }),
  }));
}

async function cpuOf(call: Call, calls: number): Promise<number> {
  const before = process.cpuUsage();
  for (let index = 0; index < calls; index++) {
    const result = call(index);
    if (result instanceof Promise) await result;
  }
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1_000) / calls;
}
