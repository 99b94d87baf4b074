import type { KeptConnections } from './kept-connections.js';
import type { LoadPlan, LoadResult } from './load-plan.js';
import type { Headers } from './sent-headers.js';

/** Sends the requests of a window, and says what was wrong with the answers. */
export async function loadWindow(
  plan: LoadPlan,
  headers: readonly Headers[],
  kept: KeptConnections,
): Promise<LoadResult> {
  const { url, connections, expected } = plan;
  const statuses = new Map<number, number>();
  let mismatches = 0;
  const onAnswer = (status: number, body: string) => {
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (!body.includes(expected.body)) mismatches += 1;
  };
  const dealt = requestsOf(plan, headers);
  const sleepAgain = stayAwake();
  const results = await Promise.allSettled(
    kept.to(url, connections).map((connection, index) => connection.send(dealt[index] as string[], onAnswer)),
  );
  sleepAgain();
  const failure = results.find((result) => result.status === 'rejected')?.reason;
  const problem = problemIn(statuses, mismatches, plan, failure);
  return problem === undefined ? {} : { problem };
}

/**
 * Keeps this process from sleeping: to wake a sleeper takes a server more time than half a request, and only a server that is
 * slower than the load finds it asleep.
 *
 * @returns ends it
 */
function stayAwake(): () => void {
  let isOver = false;
  const turn = () => {
    if (!isOver) setImmediate(turn);
  };
  turn();
  return () => {
    isOver = true;
  };
}

/** The requests, dealt out to the connections: each of the headers in turn, so that none is sent twice where there are enough. */
function requestsOf({ url, requests, connections }: LoadPlan, headers: readonly Headers[]): string[][] {
  const { host, pathname } = new URL(url);
  const texts = headers.map((own) => {
    const lines = Object.entries({ Host: host, ...own }).map(([name, value]) => `${name}: ${value}\r\n`);
    return `GET ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n`;
  });
  const dealt = Array.from({ length: connections }, (): string[] => []);
  for (let index = 0; index < requests; index++) {
    dealt[index % connections]?.push(texts[index % texts.length] as string);
  }
  return dealt;
}

/** A wrong answer would be the measurement of something else. */
function problemIn(
  statuses: ReadonlyMap<number, number>,
  mismatches: number,
  { requests, expected }: LoadPlan,
  failure: unknown,
): string | undefined {
  const answers = [...statuses.values()].reduce((sum, count) => sum + count, 0);
  if (failure !== undefined || answers !== requests) {
    return `answered ${answers} of ${requests} requests: ${failure}`;
  }
  if ((statuses.get(expected.status) ?? 0) !== requests) {
    const counted = [...statuses].map(([status, count]) => `${count} times ${status}`).join(', ');
    return `answered ${counted} instead of ${expected.status}`;
  }
  return mismatches === 0 ? undefined : `${mismatches} answers were without ${JSON.stringify(expected.body)}`;
}
