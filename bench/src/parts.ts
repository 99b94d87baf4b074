import type { BenchArguments } from './arguments.js';
import { measureBansTraffic } from './bans-traffic/measure-bans-traffic.js';
import { measureBoot } from './boot/measure-boot.js';
import { measureManyAddresses } from './endurance/measure-many-addresses.js';
import { measureFlood } from './flood/measure-flood.js';
import { measureGrowth } from './growth/measure-growth.js';
import { measureLogins } from './logins/measure-logins.js';
import { measureMicro } from './micro/measure-micro.js';
import { MICRO_GROUPS, type MicroGroup } from './micro/micro-groups.js';
import type { Results } from './results.js';
import { measureManyRows } from './rows/measure-many-rows.js';
import type { Bench } from './scenarios/bench.js';
import { measureScenario } from './scenarios/measure-scenario.js';
import { SCENARIOS } from './scenarios/scenarios.js';

type Found = Partial<Pick<Results, 'rows' | 'micro' | 'growth' | 'boot' | 'traffic'>>;

/** Something that can be measured by itself. */
export interface Part {
  /** What `--only` calls it. */
  readonly name: string;
  /** Whether it is measured when time is short. */
  readonly isQuick: boolean;
  /** It takes what a full run does not have, and is measured only when it is asked for. */
  readonly needsMore?: boolean;
  readonly measure: (bench: Bench, options: BenchArguments) => Promise<Found>;
}

/** The groups that take little time. */
const QUICK_GROUPS: readonly string[] = ['guard', 'tokens'] satisfies MicroGroup[];

const scenarioParts = SCENARIOS.map(
  (scenario): Part => ({
    name: scenario.name,
    isQuick: scenario.quick.length > 0,
    measure: async (bench) => ({ rows: await measureScenario(bench, scenario) }),
  }),
);

const microParts = (Object.keys(MICRO_GROUPS) as MicroGroup[]).map(
  (group): Part => ({
    name: `micro-${group}`,
    isQuick: QUICK_GROUPS.includes(group),
    measure: async ({ pace }) => ({ micro: await measureMicro(group, pace) }),
  }),
);

/** Everything that a run measures, in this order. */
export const PARTS: readonly Part[] = [
  ...scenarioParts,
  ...microParts,
  { name: 'logins', isQuick: false, measure: async () => ({ micro: await measureLogins() }) },
  { name: 'flood', isQuick: false, measure: async () => ({ micro: await measureFlood() }) },
  {
    name: 'many-addresses',
    isQuick: false,
    measure: async (_, { full }) => ({ micro: await measureManyAddresses(full) }),
  },
  { name: 'many-rows', isQuick: false, measure: async () => ({ micro: await measureManyRows() }) },
  { name: 'growth', isQuick: false, measure: async (bench) => ({ growth: await measureGrowth(bench) }) },
  {
    name: 'bans-traffic',
    isQuick: false,
    needsMore: true,
    measure: async (_, { corpora, part, cases }) => ({
      traffic: await measureBansTraffic(corpora, part, cases),
    }),
  },
  { name: 'boot', isQuick: true, measure: async (bench) => ({ boot: await measureBoot(bench) }) },
];
