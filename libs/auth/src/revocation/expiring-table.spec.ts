import { randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { ExpiringTable, partOf } from './expiring-table.js';

describe('a table whose entries expire', () => {
  it('never loses what is alive, whatever comes, and is as large as what it holds', () => {
    const step = fc.record({ key: fc.string({ maxLength: 3 }), lives: fc.nat(50), passes: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const table = new ExpiringTable<number>();
        const model = new Map<string, number>();
        let now = 0;
        for (const { key, lives, passes } of steps) {
          now += passes;
          table.put(key, now + lives, now);
          model.set(key, now + lives);
          const alive = [...model].filter(([, expiresAt]) => expiresAt > now);
          if (alive.some(([name, expiresAt]) => table.get(name) !== expiresAt || !table.has(name)))
            return false;
          const held = [...model.keys()].filter((name) => table.has(name));
          if (table.size !== held.length) return false;
        }
        return true;
      }),
    );
  });

  it('is as large as what is alive, however much has come and gone', () => {
    const table = new ExpiringTable<number>();
    for (let now = 0; now < 20_000; now++) table.put(`key ${now}`, now + 100, now);
    expect(table.size).toBeLessThanOrEqual(500);
  });

  it.each<[string, (index: number) => string]>([
    ['UUIDs', () => randomUUID()],
    ['random ids', () => randomBytes(16).toString('base64url')],
    ['ids in hexadecimal', () => randomBytes(12).toString('hex')],
    ['numbers', (index) => `${1_000_000 + index}`],
    ['numbered names', (index) => `user-${index}`],
    ['ids behind a name', () => `auth0|${randomBytes(12).toString('hex')}`],
    ['ids before a name', () => `${randomUUID()}@issuer`],
    ['addresses', (index) => `${randomBytes(4).toString('base64url')}.${index % 90}@example.com`],
  ])('spreads %s, so that no part has to make room for many at once', (_, keyOf) => {
    const counts = Array.from({ length: 16 }, () => 0);
    for (let index = 0; index < 8_000; index++) {
      const part = partOf(keyOf(index));
      counts[part] = (counts[part] ?? 0) + 1;
    }
    expect(Math.max(...counts)).toBeLessThan(2_000);
  });
});
