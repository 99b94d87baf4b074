import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TrafficRow } from '../results.js';
import { apacheLogs, scannerLogs } from './corpora/access-logs.js';
import { coreRuleSet } from './corpora/core-rule-set.js';
import { crowdsecHub } from './corpora/crowdsec-hub.js';
import { gotestwaf } from './corpora/gotestwaf.js';
import { isIn, type Part } from './part.js';
import { type Outcome, replay } from './replay.js';
import { MODES, type Mode, TrafficApp } from './traffic-app.js';
import type { CorpusReader, TrafficCase } from './traffic-case.js';

/** By the folders that they are looked for in. */
const CORPORA: Readonly<Record<string, CorpusReader>> = {
  'crowdsec-hub': crowdsecHub,
  coreruleset: coreRuleSet,
  gotestwaf,
  'apache-logs': apacheLogs,
  'scanner-logs': scannerLogs,
};

/** Logs of whole sites: no rule could be written for one of their requests. */
const UNDIVIDED = ['apache-logs', 'scanner-logs'];

/**
 * Replays what others have collected against the default rules, in three modes.
 *
 * @param folder holds a folder for each corpus; those that are missing are left out
 */
export async function measureBansTraffic(
  folder: string | undefined,
  part: Part,
  verbose: boolean,
): Promise<TrafficRow[]> {
  if (folder === undefined) throw new Error('bans-traffic needs --corpora and a folder: see bench/README.md');
  const cases = casesIn(folder, part);
  if (cases.length === 0) throw new Error(`there is none of ${Object.keys(CORPORA).join(', ')} in ${folder}`);
  const rows: TrafficRow[] = [];
  for (const mode of MODES) {
    const app = await TrafficApp.start(mode);
    try {
      const outcomes = await replay(app, cases);
      if (verbose) for (const outcome of outcomes) tell(mode, outcome);
      rows.push(...rowsOf(mode, outcomes));
    } finally {
      await app.close();
    }
  }
  return rows;
}

function casesIn(folder: string, part: Part): TrafficCase[] {
  return Object.entries(CORPORA).flatMap(([name, read]) => {
    const path = join(folder, name);
    if (!existsSync(path)) return [];
    const isWanted = (each: TrafficCase) => UNDIVIDED.includes(name) || isIn(part, each.name);
    return read(path).filter(isWanted);
  });
}

function rowsOf(mode: Mode, outcomes: readonly Outcome[]): TrafficRow[] {
  const answered = outcomes.filter(({ sent }) => sent > 0);
  return [...new Set(answered.map(({ traffic }) => traffic.group))].map((group) => {
    const of = answered.filter(({ traffic }) => traffic.group === group);
    const banned = of.flatMap(({ bannedAfter }) => bannedAfter ?? []).sort((one, other) => one - other);
    return {
      mode,
      group,
      isAttack: of[0]?.traffic.isAttack === true,
      cases: of.length,
      banned: banned.length,
      struck: of.filter(({ points }) => points > 0).length,
      fiftyAtFirst: of.filter(({ pointsAtFirst }) => pointsAtFirst >= 50).length,
      bannedAfter: banned[Math.floor(banned.length / 2)],
    };
  });
}

function tell(mode: Mode, { traffic, sent, bannedAfter, bannedBy, pointsAtFirst, points }: Outcome): void {
  const { group, name, requests } = traffic;
  const first = requests[0];
  const headers = Object.entries(first?.headers ?? {}).filter(([header]) => header !== 'accept');
  console.error(
    JSON.stringify([
      mode,
      group,
      name,
      sent,
      bannedAfter,
      bannedBy,
      pointsAtFirst,
      points,
      first?.method,
      first?.target.slice(0, 300),
      headers,
    ]),
  );
}
