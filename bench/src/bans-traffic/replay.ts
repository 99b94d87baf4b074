import type { TrafficApp } from './traffic-app.js';
import type { TrafficCase } from './traffic-case.js';

/** What came of a case. */
export interface Outcome {
  readonly traffic: TrafficCase;
  /** How many requests were answered. */
  readonly sent: number;
  /** After how many of them the address was banned; undefined where it was not. */
  readonly bannedAfter: number | undefined;
  readonly bannedBy: string | null | undefined;
  /** Points of the first request, and of all, by whatever rule. */
  readonly pointsAtFirst: number;
  readonly points: number;
}

const HOUR = 3_600_000;

/** Sends every case from an address of its own, or several of a group from one where they say so, by a clock that nobody waits for. */
export async function replay(app: TrafficApp, cases: readonly TrafficCase[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [index, traffic] of joined(cases).entries()) {
    outcomes.push(await sendCase(app, traffic, addressOf(index)));
    app.now += HOUR;
  }
  return outcomes;
}

async function sendCase(app: TrafficApp, traffic: TrafficCase, address: string): Promise<Outcome> {
  let sent = 0;
  let pointsAtFirst = 0;
  let points = 0;
  let banned: { readonly after: number; readonly by: string | null } | undefined;
  const stop = app.listen((event) => {
    if (event.type === 'address.banned') banned ??= { after: sent + 1, by: event.ban.rule };
    if (event.type !== 'address.struck') return;
    points += event.points;
    if (sent === 0) pointsAtFirst += event.points;
  });
  const start = app.now;
  for (const request of traffic.requests) {
    if (banned !== undefined) break;
    app.now = Math.max(app.now, start + request.at);
    if (await app.send(address, request)) sent++;
  }
  await new Promise(setImmediate);
  stop();
  return { traffic, sent, bannedAfter: banned?.after, bannedBy: banned?.by, pointsAtFirst, points };
}

/** Makes one case of those that come from one address. */
function joined(cases: readonly TrafficCase[]): TrafficCase[] {
  const all: TrafficCase[] = [];
  for (const each of cases) {
    const last = all.at(-1);
    if (last?.group === each.group && last.requests.length < (each.joins ?? 0))
      all.splice(-1, 1, { ...last, requests: [...last.requests, ...each.requests] });
    else all.push(each);
  }
  return all;
}

function addressOf(index: number): string {
  return `45.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
}
