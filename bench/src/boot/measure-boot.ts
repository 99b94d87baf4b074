import { signingJwkOf } from '../credentials/issuer-keys.js';
import { figureOf } from '../figures.js';
import { BOOT_TIME, START_CPU } from '../report/targets.js';
import type { BootRow } from '../results.js';
import type { Bench } from '../scenarios/bench.js';
import { Child } from '../servers/child.js';
import { ADAPTERS, type Adapter, type ServerPlan, type SubjectKind } from '../subjects/subject.js';
import { SUBJECT_NAMES } from '../subjects/subjects.js';
import type { BootCost } from './boot-process.js';

const ROUTES = 500;
const KINDS: readonly SubjectKind[] = ['bare', 'passport-jwt', 'portcullis', 'oauth-server'];
const QUICK_KINDS: readonly SubjectKind[] = ['bare', 'portcullis', 'oauth-server'];

const MEASURES: readonly {
  name: string;
  unit: BootRow['unit'];
  of: Exclude<keyof BootCost, 'hasProvider'>;
}[] = [
  { name: 'import, beside Nest', unit: 'ms', of: 'importMs' },
  { name: BOOT_TIME, unit: 'ms', of: 'bootMs' },
  { name: 'boot, 500 routes, CPU', unit: 'ms', of: 'bootCpuMs' },
  { name: START_CPU, unit: 'ms', of: 'startCpuMs' },
  { name: 'heap after boot', unit: 'MB', of: 'heapMegabytes' },
];

/** What starting an app costs, each start in a process of its own. */
export async function measureBoot(bench: Bench): Promise<BootRow[]> {
  const rows: BootRow[] = [];
  for (const adapter of ADAPTERS) {
    const costs = await costsOn(bench, adapter);
    for (const { name, unit, of } of MEASURES) {
      const valuesOf = (kind: SubjectKind) => (costs.get(kind) as BootCost[]).map((cost) => cost[of]);
      const bare = valuesOf('bare');
      for (const kind of costs.keys()) {
        const values = valuesOf(kind);
        const added = values.map((value, round) => value - (bare[round] as number));
        const subject = SUBJECT_NAMES[kind];
        rows.push({
          name,
          adapter,
          subject,
          unit,
          figure: figureOf(values),
          addedToBare: figureOf(added).median,
        });
      }
    }
  }
  return rows;
}

async function costsOn(bench: Bench, adapter: Adapter): Promise<Map<SubjectKind, BootCost[]>> {
  const kinds = bench.pace.isQuick ? QUICK_KINDS : KINDS;
  const costs = new Map<SubjectKind, BootCost[]>(kinds.map((kind) => [kind, []]));
  // The first round brings the files into the disk's cache.
  for (let round = -1; round < bench.pace.rounds; round++) {
    for (const kind of kinds) {
      const cost = await bootOnce(planFor(bench, adapter, kind));
      if (cost.hasProvider !== (kind === 'oauth-server'))
        throw new Error(`${kind}: oidc-provider is loaded by authorization servers, and by nothing else`);
      if (round >= 0) costs.get(kind)?.push(cost);
    }
  }
  return costs;
}

async function bootOnce(plan: ServerPlan): Promise<BootCost> {
  const child = new Child('boot/boot-process.js', ['--expose-gc']);
  try {
    return await child.ask<BootCost>(plan);
  } finally {
    child.stop();
  }
}

function planFor({ keys, jwksUri }: Bench, adapter: Adapter, kind: SubjectKind): ServerPlan {
  return {
    kind,
    adapter,
    demand: 'user',
    algorithm: 'ES256',
    publicKeys: keys.publicKeys,
    jwksUri,
    signingKey: signingJwkOf(keys.privateKeys, 'ES256'),
    loaded: 0,
    clientIsBanned: false,
    apiKeys: 0,
    rememberedApiKeys: 10_000,
    routes: ROUTES,
  };
}
