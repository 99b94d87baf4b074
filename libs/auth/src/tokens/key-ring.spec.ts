import { generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { PortcullisConfigurationError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import { Replicator } from '../replication/replicator.js';
import { KeyRing } from './key-ring.js';

const STORES = memoryStores();
const ISSUER = { url: 'https://api.example' };
const START = Date.UTC(2030, 0, 1);

let now: number;
beforeEach(() => {
  now = START;
});

function keyRing(tokens?: PortcullisOptions['tokens']): KeyRing {
  const options = resolveOptions({ ...(tokens && { tokens }), now: () => now }, STORES);
  return new KeyRing(options, new Replicator(options, new SecurityEvents(), CHANGES), new SecurityEvents());
}
const ringOf = (signingKey: JWK) => keyRing({ audience: 'parcels', issuer: { ...ISSUER, signingKey } });

/** It takes a while to make, and is the same for every algorithm. */
const RSA = generateKeyPair('RS256', { extractable: true });

async function privateJwk(alg: string): Promise<JWK> {
  const isRsa = /^[RP]S/.test(alg);
  const { privateKey } = await (isRsa ? RSA : generateKeyPair(alg, { extractable: true }));
  return { ...(await exportJWK(privateKey)), alg };
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

const rsa = (modulusLength: number, publicExponent = 0x10001) =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey.export({ format: 'jwk' }) as JWK;
const ec = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve }).privateKey.export({ format: 'jwk' }) as JWK;

describe('a key ring', () => {
  it('makes an Ed25519 key of its own where none is configured', () => {
    const ring = keyRing({ audience: 'parcels', issuer: ISSUER });
    expect(ring.signingKey).toMatchObject({ alg: 'EdDSA', kid: expect.stringMatching(/^[\w-]{43}$/) });
    expect(ring.published.keys).toEqual([
      {
        kty: 'OKP',
        crv: 'Ed25519',
        x: expect.any(String),
        kid: ring.signingKey?.kid,
        alg: 'EdDSA',
        use: 'sig',
      },
    ]);
  });

  it('makes another one for each app', () => {
    const rings = [
      keyRing({ audience: 'parcels', issuer: ISSUER }),
      keyRing({ audience: 'parcels', issuer: ISSUER }),
    ];
    expect(new Set(rings.map((ring) => ring.signingKey?.kid)).size).toBe(2);
  });

  it.each(['EdDSA', 'ES256', 'ES384', 'RS256', 'PS256'])(
    'signs with a configured %s key, and publishes nothing private of it',
    async (alg) => {
      const jwk = await privateJwk(alg);
      const ring = ringOf({ ...jwk, kid: 'k1' });
      expect(ring.signingKey).toMatchObject({ alg, kid: 'k1' });
      expect(ring.published.keys).toHaveLength(1);
      expect(ring.published.keys[0]).toMatchObject({ kid: 'k1', alg, use: 'sig' });
      const secrets = [jwk.d, jwk.p, jwk.q, jwk.dp, jwk.dq, jwk.qi].filter((part) => part !== undefined);
      expect(secrets.length).toBeGreaterThan(0);
      for (const secret of secrets) expect(JSON.stringify(ring.published)).not.toContain(secret);
    },
  );

  it.each(['EdDSA', 'ES256', 'ES384', 'ES512', 'RS256', 'PS512'])(
    'names a %s key that has no kid by its thumbprint (RFC 7638), the same after every restart',
    async (alg) => {
      const jwk = await privateJwk(alg);
      expect(ringOf(jwk).signingKey?.kid).toBe(await calculateJwkThumbprint(jwk));
      expect(ringOf({ ...jwk, use: 'sig', ext: true }).signingKey?.kid).toBe(ringOf(jwk).signingKey?.kid);
    },
  );

  it('is empty where this app is no issuer', () => {
    for (const ring of [
      keyRing(),
      keyRing({ audience: 'a', trustedIssuers: [{ issuer: 'b', jwksUri: 'https://b.example' }] }),
    ]) {
      expect(ring.signingKey).toBeUndefined();
      expect(ring.published).toEqual({ keys: [] });
    }
  });
});

describe('a key is refused at boot', () => {
  it.each<[string, (jwk: JWK) => JWK]>([
    ['without alg', ({ alg: _, ...jwk }) => jwk],
    ['with an alg that is symmetric', (jwk) => ({ ...jwk, alg: 'HS256' })],
    ['with alg none', (jwk) => ({ ...jwk, alg: 'none' })],
    ['that is only the public half', ({ d: _, ...jwk }) => jwk],
    ['that is broken', (jwk) => ({ ...jwk, d: 'AAAA' })],
    ['with an alg for another kind of key', (jwk) => ({ ...jwk, alg: 'RS256' })],
    ['with an alg for another curve', () => ({ ...ec('P-384'), alg: 'ES256' })],
    ['of RSA with 1024 bits', () => ({ ...rsa(1024), alg: 'RS256' })],
    ['of RSA with the exponent 3', () => ({ ...rsa(2048, 3), alg: 'PS256' })],
    ['on a curve that no alg is for', () => ({ ...ec('secp256k1'), alg: 'ES256' })],
    ['that is symmetric', ({ d }) => ({ kty: 'oct', k: d as string, alg: 'EdDSA' })],
  ])('%s, without being quoted', async (_, spoil) => {
    const jwk = await privateJwk('EdDSA');
    const error = thrownBy(() => ringOf(spoil(jwk)));
    expect(error).toBeInstanceOf(PortcullisConfigurationError);
    expect(String(error)).toContain('tokens.issuer.signingKey');
    expect(String(error)).not.toContain(jwk.d);
  });
});
