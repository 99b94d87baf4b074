import { type Figure, figureOf, isSteady, ratiosOf } from '../figures.js';
import type { BootRow, MicroRow, RequestRow, Results } from '../results.js';
import { ADAPTERS, type Adapter } from '../subjects/subject.js';
import { shown } from './table.js';

/** Something that was promised, and what came of it. */
export interface Verdict {
  readonly what: string;
  readonly limit: string;
  /** Undefined where it was not measured, or not steadily. */
  readonly measured: string | undefined;
  readonly isMet: boolean;
}

/** What was promised, as numbers. */
interface Target {
  readonly what: string;
  readonly least?: number;
  readonly most?: number;
  readonly unit: string;
  readonly measure: (results: Results) => number | undefined;
}

/** Which row is meant. */
interface Wanted {
  readonly scenario: string;
  readonly adapter: Adapter;
  readonly subject: string;
  readonly loaded?: number;
}

const OURS = 'Portcullis, ES256';

/** What the target says, and whether it was reached. */
export function judge(results: Results): Verdict[] {
  return TARGETS.map(({ what, least, most, unit, measure }) => {
    const value = measure(results);
    const limit = least === undefined ? `≤ ${most} ${unit}` : `≥ ${least} ${unit}`;
    const isMet = value !== undefined && value >= (least ?? -Infinity) && value <= (most ?? Infinity);
    return { what, limit, measured: value === undefined ? undefined : `${shown(value)} ${unit}`, isMet };
  });
}

const onBoth = (targetOn: (adapter: Adapter) => Target): Target[] => ADAPTERS.map(targetOn);

const TARGETS: readonly Target[] = [
  ...onBoth((adapter) => ({
    what: `full stack, warm, ${adapter}`,
    most: 1.1,
    unit: '× bare',
    measure: ({ rows }) => ratioToBare(rows, { scenario: 'full', adapter, subject: OURS }),
  })),
  ...onBoth((adapter) => ({
    what: `user route, warm, ${adapter}`,
    most: 1.05,
    unit: '× bare',
    measure: ({ rows }) => ratioToBare(rows, { scenario: 'user-warm', adapter, subject: OURS }),
  })),
  ...onBoth((adapter) => ({
    what: `user route, warm: what is added to bare, ${adapter}`,
    most: 0.2,
    unit: '× what passport-jwt adds with ES256',
    measure: ({ rows }) => addedShare(rows, adapter),
  })),
  ...onBoth((adapter) => ({
    what: `full stack with 1,000,000 bans and revocations, ${adapter}`,
    most: 1.02,
    unit: '× the same with none',
    measure: ({ rows }) => costOfLoad(rows, adapter),
  })),
  ...onBoth((adapter) => ({
    what: `banned, ${adapter}`,
    most: 0.6,
    unit: '× bare',
    measure: ({ rows }) => ratioToBare(rows, { scenario: 'banned', adapter, subject: 'Portcullis' }),
  })),
  ...['ES256', 'EdDSA'].map((algorithm) => ({
    what: `verification of new ${algorithm} tokens`,
    least: 0.6,
    unit: '× the rate of crypto.verify',
    measure: ({ micro }: Results) => inverse(ratioIn(micro, `token, ${algorithm}, new`)),
  })),
  ...(
    [
      ['ES256', 1.25],
      ['EdDSA', 1.2],
    ] as const
  ).map(([algorithm, most]) => ({
    what: `DPoP proof, ${algorithm}, of a known key`,
    most,
    unit: '× crypto.verify',
    measure: ({ micro }: Results) => ratioIn(micro, `DPoP proof, ${algorithm}, known key`),
  })),
  {
    what: 'refresh, SQLite',
    most: 2,
    unit: '× the one update of the store',
    measure: ({ micro }) => ratioIn(micro, 'refresh, SQLite'),
  },
  ...['SQLite', 'PostgreSQL'].map((place) => ({
    what: `refresh, ${place}, by the clock`,
    most: 2,
    unit: '× the one update of the store',
    measure: ({ micro }: Results) => ratioIn(micro, `refresh, ${place}, by the clock`),
  })),
  {
    what: 'token of a session, remembered',
    most: 1.1,
    unit: '× any own token',
    measure: ({ micro }) => ratioIn(micro, 'token of a session, remembered'),
  },
  {
    what: 'p99 of a refresh in SQLite, 1,000,000 sessions',
    most: 2,
    unit: '× the same with 10,000',
    measure: ({ micro }) => ratioIn(micro, 'refresh, SQLite, p99, 1,000,000 sessions'),
  },
  {
    what: 'login without hashing',
    most: 3,
    unit: '× an issue()',
    measure: ({ micro }) => ratioIn(micro, 'login without hashing'),
  },
  ...onBoth((adapter) => ({
    what: `refused for no credential, ${adapter}`,
    most: 1,
    unit: '× bare',
    measure: ({ rows }) => ratioToBare(rows, { scenario: 'refused-none', adapter, subject: 'Portcullis' }),
  })),
  ...onBoth((adapter) => ({
    what: `boot with 500 routes, added to bare, ${adapter}`,
    most: 100,
    unit: 'ms',
    measure: ({ boot }) => addedAtStart(boot, { name: BOOT_TIME, adapter, subject: 'Portcullis' }),
  })),
  ...onBoth((adapter) => ({
    what: `import and boot of an authorization server, CPU, added to one that is none, ${adapter}`,
    most: 500,
    unit: 'ms',
    measure: ({ boot }) => addedByServer(boot, adapter),
  })),
  {
    what: 'API key, remembered, added to a guard that returns true',
    most: 3_000,
    unit: 'ns',
    measure: ({ micro }) => addedNanoseconds(micro),
  },
  {
    what: 'API key, not remembered, from memory',
    most: 12,
    unit: '× SHA-256 of the key, as a Buffer',
    measure: ({ micro }) => ratioIn(micro, 'API key, not remembered'),
  },
  {
    what: 'p99 of an API key from SQLite, 1,000,000 keys',
    most: 2,
    unit: '× the same with 10,000',
    measure: ({ micro }) => ratioIn(micro, 'API key from SQLite, p99, 1,000,000 keys'),
  },
  ...['1,000', '100,000', '1,000,000'].flatMap((size) =>
    ['hits', 'misses'].map((how) => ({
      what: `ban lookup that ${how}, ${size} bans`,
      most: 3,
      unit: '× Map.get',
      measure: ({ micro }: Results) => ratioIn(micro, `ban lookup that ${how}, ${size} bans`),
    })),
  ),
  {
    what: 'memory of a ban, of 1,000,000',
    most: 40,
    unit: 'bytes',
    measure: ({ micro }) => micro.find(({ name }) => name === 'bans, 1,000,000')?.bytesPerEntry,
  },
];

/** The names of the rows that the targets of a start are about. */
export const BOOT_TIME = 'boot, 500 routes, by the clock';
export const START_CPU = 'import and boot, 500 routes, CPU';

function find(
  rows: readonly RequestRow[],
  { scenario, adapter, subject, loaded = 0 }: Wanted,
): RequestRow | undefined {
  return rows.find(
    (row) =>
      row.scenario === scenario &&
      row.adapter === adapter &&
      row.subject === subject &&
      row.loaded === loaded,
  );
}

function ratioToBare(rows: readonly RequestRow[], wanted: Wanted): number | undefined {
  const row = find(rows, wanted);
  return row && steady(row.ratioToBare);
}

/** No verdict is better than one by chance. */
function steady(figure: Figure): number | undefined {
  return isSteady(figure) ? figure.median : undefined;
}

/** What we add to bare Nest, as a share of what the stock recipe adds in the same round. */
function addedShare(rows: readonly RequestRow[], adapter: Adapter): number | undefined {
  const roundsOf = (subject: string) => find(rows, { scenario: 'user-warm', adapter, subject })?.rounds;
  const [bare, ours, stock] = ['bare Nest', OURS, '@nestjs/passport, passport-jwt, ES256'].map(roundsOf);
  if (bare === undefined || ours === undefined || stock === undefined) return undefined;
  const addedBy = (rounds: readonly number[]) =>
    rounds.map((value, round) => value - (bare[round] as number));
  return steady(figureOf(ratiosOf(addedBy(ours), addedBy(stock))));
}

function addedAtStart(
  boot: readonly BootRow[],
  { name, adapter, subject }: Pick<BootRow, 'name' | 'subject'> & { readonly adapter: Adapter },
): number | undefined {
  return boot.find((row) => row.name === name && row.adapter === adapter && row.subject === subject)
    ?.addedToBare;
}

/** What an authorization server takes longer to start than an app that is none. */
function addedByServer(boot: readonly BootRow[], adapter: Adapter): number | undefined {
  const [server, none] = ['Portcullis, authorization server', 'Portcullis'].map((subject) =>
    addedAtStart(boot, { name: START_CPU, adapter, subject }),
  );
  return server === undefined || none === undefined ? undefined : server - none;
}

function costOfLoad(rows: readonly RequestRow[], adapter: Adapter): number | undefined {
  const wanted = { scenario: 'full', adapter, subject: OURS };
  const [none, million] = [find(rows, wanted), find(rows, { ...wanted, loaded: 1_000_000 })];
  if (none === undefined || million === undefined) return undefined;
  return steady(figureOf(ratiosOf(million.rounds, none.rounds)));
}

function ratioIn(micro: readonly MicroRow[], name: string): number | undefined {
  return micro.find((row) => row.name === name && row.subject === 'Portcullis')?.ratio;
}

function addedNanoseconds(micro: readonly MicroRow[]): number | undefined {
  const named = (subject: string) =>
    micro.find((row) => row.name === 'canActivate, remembered API key' && row.subject === subject)
      ?.nanoseconds;
  const [ours, bare] = [named('Portcullis'), named('a guard that returns true')];
  return ours === undefined || bare === undefined ? undefined : ours - bare;
}

function inverse(ratio: number | undefined): number | undefined {
  return ratio === undefined ? undefined : 1 / ratio;
}
