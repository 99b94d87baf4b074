import { SharedAddresses } from './shared-addresses.js';

const HOUR = 3_600_000;
const NETWORK = '203.0.113.7/32';

let now: number;
let shared: SharedAddresses;
beforeEach(() => {
  now = Date.UTC(2030, 0, 1);
  shared = new SharedAddresses(() => now, true);
});

const noteAll = (network: string, people: number) => {
  for (let person = 0; person < people; person++) shared.note(network, `user ${person}`);
};
const keep = () => {
  const due = shared.due();
  shared.noteKept(due);
  return due;
};

describe('a shared address', () => {
  it('bears more for each whom it is known for, up to five times as much, for a day', () => {
    const factors = [0, 1, 2, 9].map((people) => {
      noteAll(`192.0.2.${people}/32`, people);
      return shared.factorOf(`192.0.2.${people}/32`);
    });
    expect(factors).toEqual([1, 2, 3, 5]);
    now += 24 * HOUR;
    expect(shared.factorOf('192.0.2.9/32')).toBe(1);
    noteAll('192.0.2.9/32', 1);
    expect(shared.factorOf('192.0.2.9/32')).toBe(2);
  });

  it('is one of sixty a day at most for one who goes from network to network', () => {
    for (let place = 0; place < 200; place++) shared.note(`10.0.0.${place}/32`, 'wanderer');
    const factors = Array.from({ length: 200 }, (_, place) => shared.factorOf(`10.0.0.${place}/32`));
    expect(factors.filter((factor) => factor === 2)).toHaveLength(60);
    shared.note('10.0.0.199/32', 'settler');
    expect(shared.factorOf('10.0.0.199/32')).toBe(2);
    now += 25 * HOUR;
    shared.note('10.0.0.199/32', 'wanderer');
    expect(shared.factorOf('10.0.0.199/32')).toBe(2);
  });
});

describe('what is kept of it', () => {
  it('says nothing of who was there, and is known after a restart', () => {
    noteAll(NETWORK, 12);
    const kept = keep();
    expect(kept).toHaveLength(4);
    for (const { id } of kept) expect(id).toMatch(/^203\.0\.113\.7\/32 [0-9a-f]{1,3}$/);
    const restarted = new SharedAddresses(() => now, true);
    for (const seen of kept) restarted.learn(seen);
    expect(restarted.factorOf(NETWORK)).toBe(5);
    // The same people are no others.
    restarted.note(NETWORK, 'user 0');
    expect([restarted.factorOf(NETWORK), restarted.due()]).toEqual([5, []]);
  });

  it('is due once an hour, again where it could not be kept, and never where nobody asks', () => {
    shared.note(NETWORK, 'ada');
    expect([shared.due(), shared.due()].map(({ length }) => length)).toEqual([1, 1]);
    keep();
    now += HOUR - 1;
    shared.note(NETWORK, 'ada');
    expect(shared.due()).toEqual([]);
    now += 1;
    shared.note(NETWORK, 'ada');
    expect(shared.due()).toMatchObject([{ seenAt: now }]);
    const alone = new SharedAddresses(() => now);
    alone.note(NETWORK, 'ada');
    expect(alone.due()).toEqual([]);
  });

  it('waits in bounds: the oldest makes room', () => {
    for (let person = 0; person < 10_010; person++)
      shared.note(`10.1.${person >> 8}.${person & 255}/32`, `${person}`);
    const due = shared.due();
    expect(due).toHaveLength(10_000);
    expect(due[0]?.id).toMatch(/^10\.1\.0\.10\/32 /);
  });

  it('ends when it would have here, and is not dated ahead by a clock that is', () => {
    shared.learn({ id: `${NETWORK} a`, seenAt: now - 23 * HOUR });
    shared.learn({ id: '192.0.2.1/32 a', seenAt: now + 100 * HOUR });
    expect([shared.factorOf(NETWORK), shared.factorOf('192.0.2.1/32')]).toEqual([2, 2]);
    now += HOUR;
    expect([shared.factorOf(NETWORK), shared.factorOf('192.0.2.1/32')]).toEqual([1, 2]);
    now += 23 * HOUR;
    expect(shared.factorOf('192.0.2.1/32')).toBe(1);
  });

  it('pushes out nothing that was seen here', () => {
    noteAll(NETWORK, 4);
    for (let place = 0; place < 50_010; place++)
      shared.learn({ id: `10.${place >> 16}.${(place >> 8) & 255}.${place & 255}/32 a`, seenAt: now });
    expect(shared.factorOf(NETWORK)).toBe(5);
    expect(shared.factorOf('10.0.0.1/32')).toBe(2);
  });
});
