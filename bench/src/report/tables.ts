import type { BootRow, MicroRow, RequestRow, Results, TrafficRow } from '../results.js';
import { SCENARIOS } from '../scenarios/scenarios.js';
import { shown, shownFigure, shownRatio, table } from './table.js';
import { judge, type Verdict } from './targets.js';

/** Everything that a run found, as Markdown. */
export function report(results: Results): string {
  const parts = [head(results), targets(judge(results)), ...requests(results.rows)];
  if (results.micro.length > 0) parts.push(`### One call\n\n${micro(results.micro)}`);
  if (results.boot.length > 0) parts.push(`### Boot\n\n${boot(results.boot)}`);
  if (results.traffic.length > 0) parts.push(`### What the default rules ban\n\n${traffic(results.traffic)}`);
  return parts.join('\n\n');
}

function head({ machine, versions }: Results): string {
  const { cpu, cores, memoryGigabytes, os } = machine;
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${cpu}, ${cores} cores, ${memoryGigabytes} GB, ${os}.\n${packages.join(', ')}.`;
}

function targets(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ what, limit, measured, isMet }) => {
    const mark = measured === undefined ? '' : isMet ? '✓' : '✗';
    return [what, limit, measured ?? 'not measured, or too unsteady', mark];
  });
  return `### Targets\n\n${table(['what', 'target', 'measured', ''], rows)}`;
}

function requests(rows: readonly RequestRow[]): string[] {
  return SCENARIOS.flatMap(({ name, title }) => {
    const own = rows.filter(({ scenario }) => scenario === name);
    if (own.length === 0) return [];
    const cells = own.map(({ adapter, subject, loaded, cpuMicrosPerRequest, ratioToBare }) => [
      adapter,
      loaded === 0 ? subject : `${subject}, ${loaded.toLocaleString('en')} bans and revocations`,
      shownFigure(cpuMicrosPerRequest),
      shownRatio(ratioToBare),
    ]);
    const heading = `### \`${name}\`: ${title}`;
    return `${heading}\n\n${table(['', 'subject', 'CPU µs per request', '/ bare'], cells)}`;
  });
}

function micro(rows: readonly MicroRow[]): string {
  return table(
    ['what', 'subject', 'ns', 'ratio', 'bytes per entry'],
    rows.map(({ name, subject, nanoseconds, ratio, ratioTo, bytesPerEntry }) => [
      name,
      subject,
      nanoseconds === undefined ? '' : shown(nanoseconds),
      ratio === undefined ? '' : `${shown(ratio)} × ${ratioTo}`,
      bytesPerEntry === undefined ? '' : shown(bytesPerEntry),
    ]),
  );
}

function boot(rows: readonly BootRow[]): string {
  return table(
    ['what', '', 'subject', 'measured', 'added to bare'],
    rows.map(({ name, adapter = '', subject, unit, figure, addedToBare }) => [
      name,
      adapter,
      subject,
      `${shownFigure(figure)} ${unit}`,
      `${shown(addedToBare)} ${unit}`,
    ]),
  );
}

function traffic(rows: readonly TrafficRow[]): string {
  const share = (count: number, of: number) => `${count} (${Math.round((100 * count) / of)} %)`;
  return table(
    ['mode', 'cases', 'how many', 'banned', 'after requests', 'any points', '≥ 50 points at the first'],
    rows.map(({ mode, group, isAttack, cases, banned, struck, fiftyAtFirst, bannedAfter }) => [
      ...[mode, isAttack ? group : `honest: ${group}`, String(cases), share(banned, cases)],
      ...[
        bannedAfter === undefined ? '' : String(bannedAfter),
        share(struck, cases),
        share(fiftyAtFirst, cases),
      ],
    ]),
  );
}
