import { RateLimiterMemory } from 'rate-limiter-flexible';
import { StrikeCounter, type SumKind } from './strike-counter.js';

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

it.each([1, 7, 20, 300])(
  'lets a burst of %i across the border of two windows be no larger than any other, for a step of a window',
  (strikes) => {
    const border = 600_000 * WINDOW_SECONDS;
    let now = border - 1;
    const counter = new StrikeCounter(() => now);
    for (let strike = 1; strike < strikes; strike++) void counter.add('network', 'a', 1, WINDOW_SECONDS);
    for (const [later, sum] of [
      [1, strikes],
      [(WINDOW_SECONDS * 1000) / 64 - 1, strikes + 1],
    ] as const) {
      now = border + later;
      expect([later, counter.add('network', 'a', 1, WINDOW_SECONDS)]).toEqual([later, sum]);
    }
  },
);

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
