import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { BANS_CHANGED } from '../bans/ban-changes.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import type { SecurityEvent } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import type { ChangeFeed } from './change-feed.js';
import { Replicator } from './replicator.js';
import { bySharedClock } from './shared-clock.js';

const NOW = Date.UTC(2030, 0, 1);
const HOUR = 3_600_000;

let emitted: SecurityEvent[];
let events: SecurityEvents;
let stop: () => Promise<void>;
beforeEach(() => {
  Logger.overrideLogger(false);
  emitted = [];
  events = new SecurityEvents();
  events.subscribe((event) => emitted.push(event));
  stop = async () => {};
});
afterEach(async () => {
  await stop();
  jest.useRealTimers();
  Logger.overrideLogger(true);
});

/** The corrected time of a machine whose clock shows `NOW`. */
async function corrected(shared: ChangeFeed['now']): Promise<() => number> {
  const feed: ChangeFeed = {
    publish: async () => {},
    follow: async () => async () => {},
    ...(shared && { now: shared }),
  };
  const stores = memoryStores();
  const options = resolveOptions({ now: () => NOW, replication: { feed } }, stores);
  const { now, replication } = bySharedClock(options, events);
  stop = (await replication.feed?.follow({ changed() {}, missed() {}, upToDate() {} })) ?? stop;
  return now;
}

describe('the clock of an instance', () => {
  it.each([
    ['ahead', -300_000],
    ['behind', 300_000],
  ])('is corrected when it is %s', async (_, offset) => {
    const now = await corrected(async () => NOW + offset);
    expect(Math.abs(now() - NOW - offset)).toBeLessThan(1_000);
    expect(emitted).toMatchObject([{ type: 'clock.corrected', offsetMs: now() - NOW }]);
  });

  it.each<[string, ChangeFeed['now']]>([
    ['there is no other', undefined],
    ['the other one is near', async () => NOW + 140],
    ['the other one can not be read', () => Promise.reject(new Error('down'))],
    [
      'the other one fails at once',
      () => {
        throw new Error('down');
      },
    ],
    ['the other one shows no number', async () => Number.NaN],
  ])('is left alone when %s', async (_, shared) => {
    const now = await corrected(shared);
    expect(now()).toBe(NOW);
    expect(emitted).toEqual([]);
  });

  it.each([HOUR + 2_000, -48 * HOUR])(
    'keeps the instance from booting when it is off by %i ms',
    async (off) => {
      await expect(corrected(async () => NOW + off)).rejects.toThrow(
        "This machine's clock differs by more than an hour",
      );
    },
  );

  it('keeps the instance from serving as soon as it is astray, and until it is set right', async () => {
    jest.useFakeTimers();
    let machine = NOW;
    const feed = {
      publish: async () => {},
      follow: async () => async () => {},
      now: async () => NOW,
    };
    const options = resolveOptions({ now: () => machine, replication: { feed } }, memoryStores());
    const settings = bySharedClock(options, events);
    const replicator = new Replicator(settings, events, CHANGES);
    stop = () => replicator.close();
    await replicator.follow({ follows: BANS_CHANGED, take: () => {}, reload: async () => {} });
    expect(() => replicator.refuseIfStale()).not.toThrow();
    machine = NOW + 48 * HOUR;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(replicator.isClockAstray).toBe(true);
    expect(() => replicator.refuseIfStale()).toThrow(
      expect.objectContaining({ code: 'temporarily_unavailable', reason: expect.stringContaining('clock') }),
    );
    machine = NOW;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(() => replicator.refuseIfStale()).not.toThrow();
  });

  it('is compared again and again, and keeps its correction while there is no answer', async () => {
    jest.useFakeTimers();
    let shared = async () => NOW;
    const now = await corrected(() => shared());
    const compareAgain = () => jest.advanceTimersByTimeAsync(10_000);
    shared = async () => NOW + 60_000;
    await compareAgain();
    expect(Math.round((now() - NOW) / 1000)).toBe(60);
    shared = () => Promise.reject(new Error('down'));
    await compareAgain();
    expect(Math.round((now() - NOW) / 1000)).toBe(60);
    shared = async () => NOW;
    await compareAgain();
    expect(now()).toBe(NOW);
  });
});
