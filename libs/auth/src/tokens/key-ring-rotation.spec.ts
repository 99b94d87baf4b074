import { sign } from 'node:crypto';
import fc from 'fast-check';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { SecurityEvents } from '../events/security-events.js';
import { Replicator } from '../replication/replicator.js';
import { KeyRing } from './key-ring.js';
import type { SigningKey } from './signing-key.js';
import type { OwnIssuerOptions } from './token.options.js';
import type { VerificationKey } from './verification-key.js';

const STORES = memoryStores();
const SECOND = 1_000;
const START = Date.UTC(2030, 0, 1);
/** Short, so that few keys overlap. */
const LIMITS = { maxLifetimeSeconds: 1_000, clockToleranceSeconds: 5 };
const ISSUER = {
  url: 'https://api.example',
  lifetimeSeconds: 900,
  rotateEverySeconds: 10_000,
  publishAheadSeconds: 600,
};

let now: number;
beforeEach(() => {
  now = START;
});

function ringOf(given: PortcullisOptions): KeyRing {
  const options = resolveOptions(given, STORES);
  return new KeyRing(options, new Replicator(options, new SecurityEvents(), CHANGES), new SecurityEvents());
}

function ringWith(issuer: Partial<OwnIssuerOptions> = {}): KeyRing {
  const tokens: PortcullisOptions['tokens'] = {
    audience: 'parcels',
    issuer: { ...ISSUER, ...issuer },
    ...LIMITS,
  };
  return ringOf({ tokens, now: () => now });
}

const at = (seconds: number) => {
  now = START + seconds * SECOND;
};
const signer = (ring: KeyRing) => (ring.signingKey as SigningKey).kid;
const published = (ring: KeyRing) => ring.published.keys.map(({ kid }) => kid);
/** Without a store there is nothing to wait for. */
const verifiers = (...[ring, ...wanted]: [KeyRing, ...Parameters<KeyRing['find']>]) =>
  ring.find(...wanted) as readonly VerificationKey[];
/** Whether the ring takes what its key signs. */
const takes = (ring: KeyRing, { privateKey, kid, alg }: SigningKey) => {
  const signature = sign(null, Buffer.from('text'), privateKey);
  return verifiers(ring, alg, kid).some((key) => key.verify('text', signature));
};

describe('rotation by call', () => {
  it('publishes the next key before it signs, and keeps the last one until none of its tokens is left', async () => {
    const ring = ringWith();
    const first = ring.signingKey as SigningKey;
    at(100);
    const next = await ring.rotate();
    expect([signer(ring), published(ring)]).toEqual([first.kid, [first.kid, next]]);
    at(699);
    expect(signer(ring)).toBe(first.kid);
    at(700);
    expect(signer(ring)).toBe(next);
    // The last token of the first key was signed just now, for 1000 s, and is tolerated 5 s longer.
    at(700 + 1_004);
    expect([published(ring), takes(ring, first)]).toEqual([[first.kid, next], true]);
    at(700 + 1_005);
    expect([published(ring), takes(ring, first)]).toEqual([[next], false]);
  });

  it('makes no more than one key that waits to sign', async () => {
    const ring = ringWith();
    const next = await ring.rotate();
    at(599);
    expect([await ring.rotate(), await ring.rotate(), published(ring).length]).toEqual([next, next, 2]);
    at(600);
    expect(await ring.rotate()).not.toBe(next);
  });
});

describe('rotation by schedule', () => {
  it('needs nobody but the clock', () => {
    const ring = ringWith();
    const first = signer(ring);
    at(9_399);
    expect(published(ring)).toEqual([first]);
    at(9_400);
    const [, next] = published(ring);
    expect([signer(ring), published(ring)]).toEqual([first, [first, next]]);
    at(9_999);
    expect(signer(ring)).toBe(first);
    at(10_000);
    expect(signer(ring)).toBe(next);
    at(10_000 + 1_005);
    expect(published(ring)).toEqual([next]);
  });

  it('publishes the next key ahead also after a long silence', () => {
    const ring = ringWith();
    const first = signer(ring);
    at(1_000_000);
    expect(signer(ring)).toBe(first);
    expect(published(ring)).toHaveLength(2);
    at(1_000_599);
    expect(signer(ring)).toBe(first);
    at(1_000_600);
    expect(signer(ring)).not.toBe(first);
  });

  it.each([
    ['the signing key', (ring: KeyRing) => ring.signingKey],
    ['the published keys', (ring: KeyRing) => ring.published],
    ['a lookup', (ring: KeyRing) => ring.find('EdDSA', 'k1')],
    ['the memory of a key', (ring: KeyRing) => ring.has('k1')],
  ])('goes on whatever is asked for: %s', (_, ask) => {
    const ring = ringWith();
    at(9_400);
    ask(ring);
    at(9_400 + 600);
    expect(published(ring)).toHaveLength(2);
    expect(signer(ring)).toBe(published(ring)[1]);
  });

  it('never signs with a key that was not published ahead, nor drops one whose tokens may live', async () => {
    const step = fc.record({ seconds: fc.nat(4_000), rotates: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        at(0);
        const ring = ringWith();
        const firstSeen = new Map(published(ring).map((kid) => [kid, Number.NEGATIVE_INFINITY]));
        const lastSigned = new Map<SigningKey, number>();
        let seconds = 0;
        for (const { seconds: passed, rotates } of steps) {
          seconds += passed;
          at(seconds);
          if (rotates) await ring.rotate();
          for (const kid of published(ring)) if (!firstSeen.has(kid)) firstSeen.set(kid, seconds);
          const key = ring.signingKey as SigningKey;
          expect(seconds - (firstSeen.get(key.kid) as number)).toBeGreaterThanOrEqual(600);
          const used = [...lastSigned.keys()].find(({ kid }) => kid === key.kid) ?? key;
          lastSigned.set(used, seconds);
          for (const [signed, last] of lastSigned) {
            if (seconds < last + 1_005) expect(takes(ring, signed)).toBe(true);
          }
        }
        expect(published(ring).length).toBeLessThanOrEqual(5);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a clock that is set back', () => {
  it('is no reason to issue nothing', () => {
    const ring = ringWith();
    const first = signer(ring);
    at(-1);
    expect(signer(ring)).toBe(first);
    expect(published(ring)).toEqual([first]);
  });
});

describe('replacing a key that leaked', () => {
  it('ends all others at once and signs with a new one at once', async () => {
    const ring = ringWith();
    const first = ring.signingKey as SigningKey;
    await ring.rotate();
    const [id] = verifiers(ring, 'EdDSA', first.kid).map((key) => key.id);
    expect(ring.has(id as string)).toBe(true);
    const next = await ring.replace();
    expect([signer(ring), published(ring)]).toEqual([next, [next]]);
    expect([ring.has(id as string), takes(ring, first)]).toEqual([false, false]);
    expect(takes(ring, ring.signingKey as SigningKey)).toBe(true);
  });

  it('begins the schedule anew', async () => {
    const ring = ringWith();
    at(9_000);
    const next = await ring.replace();
    at(18_399);
    expect(published(ring)).toEqual([next]);
    at(18_400);
    expect(published(ring)).toHaveLength(2);
  });
});

describe('a configured key', () => {
  let signingKey: JWK;
  beforeAll(async () => {
    const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
    signingKey = { ...(await exportJWK(privateKey)), alg: 'EdDSA', kid: 'k1' };
  });

  it('is never rotated, neither by schedule nor by call', async () => {
    const ring = ringWith({ signingKey });
    at(10_000_000);
    expect([signer(ring), published(ring)]).toEqual(['k1', ['k1']]);
    await expect(ring.rotate()).rejects.toThrow('tokens.issuer.signingKey');
    await expect(ring.replace()).rejects.toThrow('tokens.issuer.signingKey');
    expect(published(ring)).toEqual(['k1']);
  });
});

it('an app that is no issuer has nothing to rotate', async () => {
  const ring = ringOf({});
  await expect(ring.rotate()).rejects.toThrow('tokens.issuer');
  await expect(ring.replace()).rejects.toThrow('tokens.issuer');
  expect([ring.signingKey, ring.published, ring.find('EdDSA', undefined)]).toEqual([
    undefined,
    { keys: [] },
    [],
  ]);
});
