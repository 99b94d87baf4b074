import { figureOfStarts, ratiosOf } from '../figures.js';
import type { RequestRow } from '../results.js';
import { ADAPTERS, type Adapter } from '../subjects/subject.js';
import type { Bench } from './bench.js';
import { Contestant } from './contestant.js';
import type { Contender, Scenario } from './scenario.js';

/** Only Express has its kind of middleware. */
const EXPRESS_ONLY: readonly Contender['kind'][] = ['auth0'];

interface Measured extends Pick<Contestant, 'name' | 'contender'> {
  /** The rounds of each start. */
  readonly starts: readonly (readonly number[])[];
}

/** Measures one scenario on both platforms. */
export async function measureScenario(bench: Bench, scenario: Scenario): Promise<RequestRow[]> {
  const isShort = bench.pace.isQuick && scenario.quick.length > 0;
  const contenders = isShort ? scenario.quick : scenario.contenders;
  const rows: RequestRow[] = [];
  for (const adapter of ADAPTERS) {
    const able = contenders.filter(({ kind }) => adapter === 'express' || !EXPRESS_ONLY.includes(kind));
    const started: Contestant[][] = [];
    for (let start = 0; start < bench.pace.starts; start++) {
      const contestants = await startAll(able, (contender) =>
        Contestant.start(bench, scenario, contender, { adapter }),
      );
      await runRounds(bench, contestants);
      started.push(contestants);
    }
    rows.push(...rowsOf(scenario, adapter, joined(started)));
  }
  return rows;
}

/** Each subject with the rounds of all its starts. */
function joined(started: readonly (readonly Contestant[])[]): Measured[] {
  const [first = []] = started;
  return first.map(({ name, contender }, index) => ({
    name,
    contender,
    starts: started.map((contestants) => contestants[index]?.rounds ?? []),
  }));
}

/** Starts two at a time, as many as there are cores. */
export async function startAll<Given, Started>(
  all: readonly Given[],
  start: (given: Given) => Promise<Started>,
): Promise<Started[]> {
  const started: Started[] = [];
  for (let index = 0; index < all.length; index += 2) {
    started.push(...(await Promise.all(all.slice(index, index + 2).map(start))));
  }
  return started;
}

/**
 * The contestants take turns, round by round, and end. Rounds are short and in no order, so that what else the machine does, and whose turn
 * was the one before, meets all of them alike.
 */
export async function runRounds({ pace }: Bench, contestants: readonly Contestant[]): Promise<void> {
  try {
    for (let round = -pace.warmUpWindows; round < pace.windows; round++) {
      for (const contestant of shuffled(contestants)) await contestant.run(round);
    }
  } finally {
    for (const contestant of contestants) contestant.stop();
  }
}

function shuffled<Each>(all: readonly Each[]): Each[] {
  const left = [...all];
  return all.map(() => left.splice(Math.floor(Math.random() * left.length), 1)[0] as Each);
}

/** What the rounds came to: each subject against bare Nest in the same round. */
export function rowsOf(
  scenario: Pick<Scenario, 'name'>,
  adapter: Adapter,
  contestants: readonly Measured[],
): RequestRow[] {
  const bare = contestants.find(({ contender }) => contender.kind === 'bare');
  if (bare === undefined) throw new RangeError(`nobody to compare with in ${scenario.name}`);
  return contestants.map(({ name, contender, starts }) => {
    const ratios = starts.map((rounds, start) => ratiosOf(rounds, bare.starts[start] ?? []));
    return {
      scenario: scenario.name,
      adapter,
      subject: name,
      loaded: contender.loaded ?? 0,
      cpuMicrosPerRequest: figureOfStarts(starts),
      ratioToBare: figureOfStarts(ratios),
      rounds: starts.flat(),
    };
  });
}
