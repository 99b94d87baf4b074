import fc from 'fast-check';
import { ExpiringMap } from './expiring-map.js';

describe('a map whose entries expire', () => {
  it('gives what was set, by its exact key', () => {
    const map = new ExpiringMap<number>();
    map.put('a', 10, 0);
    map.put('__proto__', 20, 0);
    expect([map.get('a'), map.get('A'), map.get('__proto__'), map.get('constructor')]).toEqual([
      10,
      undefined,
      20,
      undefined,
    ]);
    expect(map.size).toBe(2);
  });

  it('lets what has expired leave when something comes, and nothing before its time', () => {
    const map = new ExpiringMap<number>();
    map.put('a', 10, 0);
    map.put('b', 11, 0);
    map.put('c', 20, 9);
    expect(map.get('a')).toBe(10);
    map.put('d', 20, 10);
    expect([map.get('a'), map.get('b')]).toEqual([undefined, 11]);
  });

  it('takes objects by their expiry likewise', () => {
    const map = new ExpiringMap<{ expiresAt: number }>();
    map.put('a', { expiresAt: 10 }, 0);
    map.put('b', { expiresAt: 20 }, 10);
    expect([map.get('a'), map.get('b'), map.size]).toEqual([undefined, { expiresAt: 20 }, 1]);
  });

  it('keeps a key that is set again until its new time', () => {
    const map = new ExpiringMap<number>();
    map.put('a', 10, 0);
    map.put('b', 12, 0);
    map.put('a', 20, 5);
    map.put('c', 30, 12);
    expect([map.get('a'), map.get('b'), map.size]).toEqual([20, undefined, 2]);
  });

  it('never clears more than two for one that comes, so that no request waits for many', () => {
    const map = new ExpiringMap<number>();
    for (let index = 0; index < 1_000; index++) map.put(`old ${index}`, 10, 0);
    map.put('new', 100, 50);
    expect(map.size).toBe(999);
  });

  it('is as large as what is alive, however much has come and gone', () => {
    const map = new ExpiringMap<number>();
    for (let now = 0; now < 10_000; now++) map.put(`key ${now}`, now + 100, now);
    expect(map.size).toBeLessThanOrEqual(101);
  });

  it('never loses what is alive, whatever comes', () => {
    const step = fc.record({ key: fc.nat(20), lives: fc.nat(50), passes: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const map = new ExpiringMap<number>();
        const model = new Map<string, number>();
        let now = 0;
        for (const { key, lives, passes } of steps) {
          now += passes;
          map.put(`${key}`, now + lives, now);
          model.set(`${key}`, now + lives);
          const alive = [...model].filter(([, expiresAt]) => expiresAt > now);
          if (alive.some(([name, expiresAt]) => map.get(name) !== expiresAt)) return false;
        }
        return true;
      }),
    );
  });
});
