import autocannon from 'autocannon';
import type { LoadPlan, LoadResult } from './load-plan.js';
import type { Headers } from './sent-headers.js';

/** Autocannon looks so often whether it is done. */
const END_IS_SEEN_AFTER_MS = 10;

/** Sends the requests of a window, and says what was wrong with the answers. */
export async function loadWindow(plan: LoadPlan, headers: readonly Headers[]): Promise<LoadResult> {
  const { url, requests, connections, expected } = plan;
  const ofConnection = shared(headers, connections);
  const { result, failure } = await run({
    url,
    connections,
    amount: requests,
    bailout: 1,
    sampleInt: END_IS_SEEN_AFTER_MS,
    setupClient: (client) => client.setRequests(ofConnection()),
    verifyBody: (body) => String(body).includes(expected.body),
  });
  const problem = problemIn(result, plan, failure);
  return problem === undefined ? {} : { problem };
}

/** @returns with the first failure, which the result only counts */
function run(options: autocannon.Options): Promise<{ result: autocannon.Result; failure: unknown }> {
  return new Promise((resolve, reject) => {
    let failure: unknown;
    const sleepAgain = stayAwake();
    const instance = autocannon(options, (error, result) => {
      sleepAgain();
      if (error) reject(error);
      else resolve({ result, failure });
    });
    instance.on('reqError', (error) => {
      failure ??= error;
    });
  });
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

/** Deals the headers out, so that no two connections send the same one where there are enough. */
function shared(headers: readonly Headers[], connections: number): () => autocannon.Request[] {
  let connection = 0;
  return () => {
    const first = connection++;
    const own = headers.filter((_, index) => index % connections === first % connections);
    const requests = own.length > 0 ? own : [headers[first % headers.length] as Headers];
    return requests.map((each) => ({ method: 'GET', headers: each }));
  };
}

/** A wrong answer would be the measurement of something else. */
function problemIn(
  result: autocannon.Result,
  { requests, expected }: LoadPlan,
  failure: unknown,
): string | undefined {
  const { errors, timeouts, mismatches } = result;
  if (errors > 0) return `${errors} requests failed, ${timeouts} of them by waiting too long: ${failure}`;
  const statuses = Object.entries(result.statusCodeStats ?? {});
  if (statuses.some(([status]) => status !== String(expected.status))) {
    const counted = statuses.map(([status, { count }]) => `${count} times ${status}`).join(', ');
    return `answered ${counted} instead of ${expected.status}`;
  }
  if (mismatches > 0) return `${mismatches} answers were without ${JSON.stringify(expected.body)}`;
  const answers = statuses[0]?.[1].count ?? 0;
  return answers === requests ? undefined : `answered ${answers} of ${requests} requests`;
}
