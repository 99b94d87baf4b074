import { figureOf } from '../figures.js';
import type { GrowthFigure, GrowthSeries } from '../results.js';
import type { Bench } from '../scenarios/bench.js';
import { Contestant } from '../scenarios/contestant.js';
import { runRounds, startAll } from '../scenarios/measure-scenario.js';
import type { Contender, Scenario } from '../scenarios/scenario.js';
import { ADAPTERS, type Adapter } from '../subjects/subject.js';

const SIZES = [10, 100, 1_000];
const CONTENDERS: readonly Contender[] = [{ kind: 'bare' }, { kind: 'portcullis' }];

const SCENARIO: Scenario = {
  name: 'routes',
  title: 'a user, always the same token, the last of many routes',
  demand: 'user',
  tokens: 'one',
  apiKeys: 'none',
  contenders: CONTENDERS,
  quick: [],
};

/** What a request costs in apps with more and more routes. */
export async function growthByRoutes(bench: Bench): Promise<GrowthFigure> {
  const series: GrowthSeries[] = [];
  for (const adapter of ADAPTERS) series.push(...(await seriesOn(bench, adapter)));
  return {
    file: 'growth-routes.svg',
    title: 'A user’s request, by the number of routes',
    xTitle: 'routes of the app',
    yTitle: 'CPU µs per request',
    series,
  };
}

async function seriesOn(bench: Bench, adapter: Adapter): Promise<GrowthSeries[]> {
  const entries = SIZES.flatMap((routes) => CONTENDERS.map((contender) => ({ routes, contender })));
  const contestants = await startAll(entries, ({ routes, contender }) =>
    Contestant.start(bench, SCENARIO, contender, { adapter, routes }),
  );
  await runRounds(bench, contestants);
  return CONTENDERS.map(({ kind }) => {
    const own = contestants.filter(({ contender }) => contender.kind === kind);
    const points = own.map(({ rounds }, index) => ({
      x: SIZES[index] as number,
      y: figureOf(rounds).median,
    }));
    return { name: `${(own[0] as Contestant).name}, ${adapter}`, points };
  });
}
