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

it('a key of one kind is not the same key of another one', () => {
  const counter = new StrikeCounter(() => 0);
  for (const kind of KINDS) expect(counter.add(kind, 'key', 1, WINDOW_SECONDS)).toBe(1);
});
