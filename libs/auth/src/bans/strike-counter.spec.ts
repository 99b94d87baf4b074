import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { SumKind } from './sliding-sums.js';
import { StrikeCounter } from './strike-counter.js';

const WINDOW_SECONDS = 600;
const KINDS: readonly SumKind[] = ['network', 'share', 'identity', 'account', 'path', 'credential'];

describe('what one address can think of without end', () => {
  it.each(['path', 'credential', 'account'] as const)(
    'as a %s pushes out nothing of another kind',
    (flood) => {
      const counter = new StrikeCounter(() => 0);
      const others = KINDS.filter((kind) => kind !== flood);
      for (const kind of others) void counter.add(kind, 'bystander', 90, WINDOW_SECONDS);
      // 1 020 addresses with 99 each.
      for (let index = 0; index < 1_020 * 99; index++)
        void counter.isNew(flood, `novel ${index}`, WINDOW_SECONDS);
      expect(others.map((kind) => counter.add(kind, 'bystander', 10, WINDOW_SECONDS))).toEqual(
        others.map(() => 100),
      );
    },
  );

  it('is bounded itself: what was not seen for longest is forgotten', () => {
    const counter = new StrikeCounter(() => 0);
    void counter.isNew('path', 'first', WINDOW_SECONDS);
    for (let index = 0; index < 1_020 * 99; index++)
      void counter.isNew('path', `novel ${index}`, WINDOW_SECONDS);
    expect(counter.isNew('path', 'novel 100979', WINDOW_SECONDS)).toBe(false);
    expect(counter.isNew('path', 'first', WINDOW_SECONDS)).toBe(true);
  });
});

describe.each([
  ['in this process', undefined],
  ['through a limiter', new RateLimiterMemory({ points: 1, duration: 1 })],
])('what is counted %s', (where, limiter) => {
  it.each([1, 7, 20, 300])(
    'lets a burst of %i across the border of two windows be no larger than any other, for a step of a window',
    async (strikes) => {
      const start = 600_000 * WINDOW_SECONDS;
      let now = start;
      const counter = new StrikeCounter(() => now, limiter);
      const key = `${where} ${strikes}`;
      await counter.add('network', key, 1, WINDOW_SECONDS);
      const border = start + WINDOW_SECONDS * 1_000;
      now = border - 1;
      for (let strike = 1; strike < strikes; strike++) await counter.add('network', key, 1, WINDOW_SECONDS);
      for (const [later, sum] of [
        [1, strikes + 1],
        [(WINDOW_SECONDS * 1_000) / 64 - 1, strikes + 2],
      ] as const) {
        now = border + later;
        expect([later, await counter.add('network', key, 1, WINDOW_SECONDS)]).toEqual([later, sum]);
      }
    },
  );
});

describe('in this process', () => {
  const WINDOW_MS = WINDOW_SECONDS * 1_000;
  const BORDER_OF_CLOCK = 600_000 * WINDOW_SECONDS;

  it.each([0, 0.1, 0.5, 0.9, 0.99])(
    'ten strikes within a window are ten, of which %d came before a border of the clock',
    (share) => {
      let now = BORDER_OF_CLOCK - share * WINDOW_MS;
      const counter = new StrikeCounter(() => now);
      const sums = Array.from({ length: 10 }, () => {
        now += 0.099 * WINDOW_MS;
        return counter.add('network', 'a', 1, WINDOW_SECONDS);
      });
      expect(sums).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    },
  );

  it('half as many as a limit for ever never come to it, and are forgotten when they end', () => {
    let now = BORDER_OF_CLOCK;
    const counter = new StrikeCounter(() => now);
    for (let strike = 0; strike < 2_000; strike++) {
      now += WINDOW_MS / 50;
      expect(counter.add('network', 'a', 1, WINDOW_SECONDS)).toBeLessThanOrEqual(52);
    }
    now += 2 * WINDOW_MS;
    expect(counter.get('network', 'a', WINDOW_SECONDS)).toBe(0);
    expect(counter.add('network', 'a', 1, WINDOW_SECONDS)).toBe(1);
  });

  it('a clock that is set back makes nothing last for longer than a window', () => {
    let now = BORDER_OF_CLOCK;
    const counter = new StrikeCounter(() => now);
    void counter.add('network', 'a', 50, WINDOW_SECONDS);
    now -= 1_000 * WINDOW_MS;
    expect(counter.add('network', 'a', 1, WINDOW_SECONDS)).toBe(51);
    now += 2 * WINDOW_MS;
    expect(counter.add('network', 'a', 1, WINDOW_SECONDS)).toBe(1);
  });
});

it('goes on where this instance was when its limiter can no longer be asked', async () => {
  const limiter = new RateLimiterMemory({ points: 1, duration: 1 });
  let isLost = false;
  const ask = <T>(answer: () => Promise<T>) => (isLost ? Promise.reject(new Error('lost')) : answer());
  const counter = new StrikeCounter(() => 0, {
    penalty: (...given) => ask(() => limiter.penalty(...given)),
    get: (...given) => ask(() => limiter.get(...given)),
    delete: (...given) => ask(() => limiter.delete(...given)),
  });
  for (let strike = 0; strike < 9; strike++) await counter.add('network', 'a', 10, WINDOW_SECONDS);
  expect(await counter.isNew('path', '/a', WINDOW_SECONDS)).toBe(true);
  isLost = true;
  expect(await counter.isNew('path', '/a', WINDOW_SECONDS)).toBe(false);
  expect(await counter.get('network', 'a', WINDOW_SECONDS)).toBe(90);
  expect(await counter.add('network', 'a', 10, WINDOW_SECONDS)).toBe(100);
});

describe.each([
  ['in this process', undefined],
  ['through a limiter', new RateLimiterMemory({ points: 1, duration: 1 })],
])('what is new, counted %s', (where, limiter) => {
  const SECOND = 1_000;
  let now: number;
  const isNewAt = async (counter: StrikeCounter, key: string, second: number) => {
    now = second * SECOND;
    return counter.isNew('path', `${where} ${key}`, 300);
  };

  it.each([0, 10, 150, 290, 299])(
    'is new again after its window, seen at second %d of one',
    async (second) => {
      const counter = new StrikeCounter(() => now, limiter);
      const key = `seen at ${second}`;
      for (const [index, later] of [0, 1, 299, 299 + 590, 299 + 590 + 375].entries())
        expect([later, await isNewAt(counter, key, second + later)]).toEqual([
          later,
          index === 0 || index > 2,
        ]);
    },
  );

  it('is not what comes again and again', async () => {
    const counter = new StrikeCounter(() => now, limiter);
    expect(await isNewAt(counter, 'again', 0)).toBe(true);
    for (let second = 250; second < 5_000; second += 250)
      expect(await isNewAt(counter, 'again', second)).toBe(false);
  });

  it('is so for one of those who ask at the same time', async () => {
    const counter = new StrikeCounter(() => now, limiter);
    const answers = await Promise.all([1, 2, 3].map(() => isNewAt(counter, 'together', 0)));
    expect(answers.filter(Boolean)).toHaveLength(1);
  });
});

it('a key of one kind is not the same key of another one', () => {
  const counter = new StrikeCounter(() => 0);
  for (const kind of KINDS) expect(counter.add(kind, 'key', 1, WINDOW_SECONDS)).toBe(1);
});
