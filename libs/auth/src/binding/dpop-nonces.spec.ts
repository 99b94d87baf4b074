import { BindingOptions } from './binding.options.js';
import { DpopNonces } from './dpop-nonces.js';

const MINUTE = 60_000;
const [one, other] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64')) as [string, string];

let now = 1_000 * MINUTE;
const nonces = (keys?: string[], place: 'issuer' | 'storage' = 'storage') =>
  new DpopNonces({
    binding: new BindingOptions(),
    now: () => now,
    ...(keys && place === 'storage' && { storage: { keyEncryptionKeys: keys } }),
    ...(keys && place === 'issuer' && { tokens: { issuer: { keyEncryptionKeys: keys } } }),
  });
beforeEach(() => {
  now = 1_000 * MINUTE;
});

describe('nonces of ours', () => {
  it('change by the minute, and are accepted for as long again', () => {
    const own = nonces([one]);
    const first = own.current;
    expect(own.secondsLeftOf(first)).toBe(120);
    now += MINUTE - 1;
    expect(own.current).toBe(first);
    now += 1;
    expect(own.current).not.toBe(first);
    expect(own.secondsLeftOf(first)).toBe(60);
    now += MINUTE - 1;
    expect(own.secondsLeftOf(first)).toBeCloseTo(0);
    now += 1;
    expect(own.secondsLeftOf(first)).toBeUndefined();
  });

  it('are accepted by every instance with the same key, also by one whose clock is a little behind', () => {
    const given = nonces([one]).current;
    expect(nonces([one], 'issuer').secondsLeftOf(given)).toBe(120);
    now -= 300;
    expect(nonces([one]).secondsLeftOf(given)).toBeCloseTo(120.3);
  });

  it('outlive the change of the key', () => {
    const before = nonces([one]).current;
    const changed = nonces([other, one]);
    expect(changed.secondsLeftOf(before)).toBe(120);
    expect(nonces([other]).secondsLeftOf(changed.current)).toBe(120);
    expect(nonces([other]).secondsLeftOf(before)).toBeUndefined();
  });

  it('are those of one process where there is no key to share', () => {
    expect(nonces().secondsLeftOf(nonces().current)).toBeUndefined();
    const own = nonces();
    expect(own.secondsLeftOf(own.current)).toBe(120);
  });

  it.each(['', 'x', 'x'.repeat(32), '0'.repeat(4_000)])('are not %j', (text) => {
    expect(nonces([one]).secondsLeftOf(text)).toBeUndefined();
  });

  it('stay right over a long time', () => {
    const own = nonces([one]);
    for (let minute = 0; minute < 50; minute++, now += MINUTE)
      expect(own.secondsLeftOf(nonces([one]).current)).toBe(120);
  });
});
