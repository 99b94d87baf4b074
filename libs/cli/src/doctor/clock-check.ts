import { type Finding, fail, ok, warn } from './finding.js';

const TOLERABLE_MS = 1_000;
const MOST_MS = 30_000;

/**
 * How far this machine's clock is from that of a service.
 *
 * @param now asks the service, in milliseconds since the epoch
 */
export async function checkClock(service: string, now: () => Promise<number>): Promise<Finding> {
  const check = `${service.toLowerCase()}.clock`;
  const before = Date.now();
  const there = await now();
  const after = Date.now();
  // It was asked at some moment in between.
  const offMs = Math.max(before - there, there - after, 0);
  const what = `the clock of ${service} is ${(offMs / 1000).toFixed(1)} seconds from this machine's`;
  if (offMs <= TOLERABLE_MS) return ok(check, `the clock of ${service} and this machine's agree`);
  const advice = 'have both follow the same time servers (chrony, systemd-timesyncd)';
  return offMs > MOST_MS ? fail(check, what, advice) : warn(check, what, advice);
}
