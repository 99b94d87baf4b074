import type { Disturbances } from './disturbances.js';
import type { Violation } from './judge.js';
import type { Ledger } from './ledger.js';
import type { SoakProcess } from './soak-process.js';

/** What is said of one violation: all that is known of the credential, in the order of time, and what was out of order then. */
export function describe(
  { what, at, credential, end }: Violation,
  startedAt: number,
  ledger: Ledger,
  disturbances: Disturbances,
  processes: readonly SoakProcess[],
): string {
  const time = (moment: number) => ((moment - startedAt) / 1_000).toFixed(3).padStart(8);
  const from = credential === undefined ? at - 10_000 : (end?.asked ?? credential.asked) - 2_000;
  const lines: (readonly [number, string])[] = disturbances
    .within(from, at)
    .map((each) => [
      each.from,
      `${each.what}, until ${Number.isFinite(each.to) ? time(each.to).trim() : 'now'}`,
    ]);
  if (credential !== undefined) {
    lines.push([
      credential.answered,
      `${credential.madeBy} made it (asked ${time(credential.asked).trim()})`,
    ]);
    for (const { target, by, asked, answered, status, outcome } of ledger.decisionsAbout(credential)) {
      lines.push([asked, `${by} is asked to end ${target}`]);
      if (Number.isFinite(answered))
        lines.push([answered, `${by} has answered ${status} to that: ${outcome}`]);
    }
    for (const { process, asked, answered, status } of credential.sightings)
      lines.push([
        asked,
        `presented to ${process}, which answers ${status || 'nothing'} at ${time(answered).trim()}`,
      ]);
  }
  const history = lines
    .toSorted(([one], [other]) => one - other)
    .map(([when, line]) => `${time(when)}  ${line}`);
  const facts =
    credential === undefined ? [] : [`  it: ${credential.name} ${JSON.stringify(credential.facts)}`];
  const states = processes.map(
    ({ name, clock, startedAt: since, isUp }) =>
      `  ${name}: clock ${clock}, ${isUp ? `started at ${time(since).trim()}` : 'down'}`,
  );
  const words = processes.flatMap(({ name, lastWords }) =>
    lastWords.slice(-5).map((line) => `  ${name} | ${line}`),
  );
  return [
    `VIOLATION at ${time(at).trim()} s: ${credential?.name ?? ''} ${what}`,
    ...facts,
    ...states,
    ...history,
    ...words,
  ].join('\n');
}
