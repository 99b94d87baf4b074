import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  sign,
} from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { PortcullisError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import { UserIdentity } from '../identity/identity.js';
import { MisuseReactions } from '../reactions/misuse-reactions.js';
import { Replicator } from '../replication/replicator.js';
import { RevocationService } from '../revocation/revocation-service.js';
import { KeyRing } from './key-ring.js';
import { TokenVerifier } from './token-verifier.js';
import { TrustedIssuers } from './trusted-issuers.js';

const STORES = memoryStores();
const START = Date.UTC(2030, 0, 1);
const SECONDS = START / 1_000;
const ISSUER = 'https://api.example';
const HEADER = { alg: 'EdDSA', kid: 'k1', typ: 'at+jwt' };
const CLAIMS = {
  iss: ISSUER,
  aud: 'parcels',
  sub: 'ann',
  client_id: 'web',
  jti: 't1',
  iat: SECONDS,
  exp: SECONDS + 60,
  scope: 'parcels:read parcels:write',
};
const LIMITS = { clockToleranceSeconds: 5, maxLifetimeSeconds: 100, maxBytes: 1_024 };

const ed25519 = () => generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
const signingKey = { ...ed25519(), alg: 'EdDSA', kid: 'k1' };
const stranger = ed25519();

let now: number;
let verifier: TokenVerifier;
beforeEach(() => {
  now = START;
  verifier = verifierWith({
    audience: 'parcels',
    issuer: { url: ISSUER, signingKey, lifetimeSeconds: 60 },
    ...LIMITS,
  });
});

function verifierWith(tokens?: PortcullisOptions['tokens']): TokenVerifier {
  const options = resolveOptions({ ...(tokens && { tokens }), now: () => now }, STORES);
  const events = new SecurityEvents();
  const revocations = new RevocationService(options, events, new Replicator(options, events, CHANGES));
  const issuers = new TrustedIssuers(
    options,
    new KeyRing(options, new Replicator(options, events, CHANGES), events),
  );
  return new TokenVerifier(options, issuers, revocations, new MisuseReactions(options, revocations, events));
}

/** The user that a token proves. */
async function identify(text: string): Promise<UserIdentity> {
  const { identity } = await verifier.verify(text);
  if (identity instanceof UserIdentity) return identity;
  throw new Error('the token proved a client');
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** A token as its issuer signs it, with these claims and header parameters in place of the usual ones. */
function token(
  claims: object = {},
  header: object = {},
  signature: (body: Buffer) => Buffer = by(signingKey),
): string {
  const body = `${encode({ ...HEADER, ...header })}.${encode({ ...CLAIMS, ...claims })}`;
  return `${body}.${signature(Buffer.from(body)).toString('base64url')}`;
}

function by(key: JsonWebKey, hash: string | null = null): (body: Buffer) => Buffer {
  const privateKey = createPrivateKey({ key, format: 'jwk' });
  return (body) => sign(hash, body, { key: privateKey, dsaEncoding: 'ieee-p1363' });
}

async function refusal(text: string): Promise<PortcullisError> {
  try {
    await verifier.verify(text);
  } catch (error) {
    if (error instanceof PortcullisError) return error;
    throw error;
  }
  throw new Error('the token was accepted');
}
const codeOf = async (text: string) => (await refusal(text)).code;

describe('a good token', () => {
  it('proves for whom the call is made, by which client, with what scopes', async () => {
    const identity = await identify(token());
    expect(identity).toBeInstanceOf(UserIdentity);
    expect(identity).toMatchObject({
      kind: 'user',
      issuer: ISSUER,
      subject: 'ann',
      clientId: 'web',
      tokenId: 't1',
      issuedAt: SECONDS,
      expiresAt: SECONDS + 60,
      scopes: ['parcels:read', 'parcels:write'],
      claims: CLAIMS,
    });
    expect([identity.hasScope('parcels:read'), identity.hasScope('parcels:delete')]).toEqual([true, false]);
  });

  it('is answered at once, without a promise, and with the same identity each time', () => {
    const good = token();
    const proven = verifier.verify(good);
    expect(proven).not.toBeInstanceOf(Promise);
    expect(verifier.verify(good)).toBe(proven);
  });

  it('gives an identity that nobody can change, however deep', async () => {
    const identity = await identify(token({ address: { lines: [{ street: 'Gasse' }] } }));
    const thaw: unknown[] = [];
    const visit = (value: unknown) => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) thaw.push(value);
      Object.values(value).forEach(visit);
    };
    visit(identity);
    expect(thaw).toEqual([]);
    expect((identity.claims.address as { lines: object[] }).lines[0]).toEqual({ street: 'Gasse' });
  });

  it('may be for several audiences, without scopes, or with application/at+jwt for its type', async () => {
    for (const good of [
      token({ aud: ['other', 'parcels'] }),
      token({ scope: undefined }),
      token({ scope: '' }),
      token({}, { typ: 'application/at+jwt' }),
      token({}, { typ: 'AT+JWT' }),
      token({}, { typ: 'Application/At+Jwt' }),
      token({}, { kid: undefined }),
    ]) {
      expect((await identify(good)).subject).toBe('ann');
    }
    expect((await identify(token({ scope: '' }))).scopes).toEqual([]);
  });

  it('may use up the tolerance between two clocks', async () => {
    expect((await identify(token({ iat: SECONDS + 5, exp: SECONDS + 60 }))).subject).toBe('ann');
    expect((await identify(token({ iat: SECONDS - 60, exp: SECONDS - 4 }))).subject).toBe('ann');
    expect((await identify(token({ nbf: SECONDS + 5 }))).subject).toBe('ann');
    expect((await identify(token({ iat: SECONDS, exp: SECONDS + 100 }))).subject).toBe('ann');
  });
});

describe('a token is invalid', () => {
  it.each<[string, object]>([
    ['for another audience', { aud: 'other' }],
    ['for an audience that begins like ours', { aud: ['parcels2', 'parcel'] }],
    ['from an unknown issuer', { iss: 'https://evil.example' }],
    ['from an issuer with a like name', { iss: `${ISSUER}/` }],
    ['from an issuer that is no text', { iss: [ISSUER] }],
    ['expired', { iat: SECONDS - 60, exp: SECONDS - 5 }],
    ['issued in the future', { iat: SECONDS + 6, exp: SECONDS + 60 }],
    ['not valid yet', { nbf: SECONDS + 6 }],
    ['living too long', { exp: SECONDS + 101 }],
    ['living too long by an early iat', { iat: SECONDS - 41 }],
    ['with an expiry that is no number', { exp: '9999999999' }],
    ['with an iat that is no number', { iat: String(SECONDS) }],
    ['with an empty subject', { sub: '' }],
    ['with a subject that is no text', { sub: 7 }],
    ['with a client that is no text', { client_id: ['web'] }],
    ['with a jti that is no text', { jti: 7 }],
    ['with scopes that are neither a text nor texts', { scope: ['parcels:read', 7] }],
    ['with scopes null', { scope: null }],
    ...['iss', 'aud', 'sub', 'client_id', 'jti', 'iat', 'exp'].map((claim): [string, object] => [
      `without ${claim}`,
      { [claim]: undefined },
    ]),
  ])('%s', async (_, claims) => {
    expect(await refusal(token(claims))).toMatchObject({ code: 'invalid_token' });
  });

  it.each<[string, object]>([
    ['of type JWT, as ID tokens are', { typ: 'JWT' }],
    ['of another type', { typ: 'logout+jwt' }],
    ['of no type', { typ: undefined }],
    ['by an unknown key', { kid: 'k2' }],
    ['with a critical extension', { crit: ['exp2'], exp2: 1 }],
    ['with an unencoded payload', { crit: ['b64'], b64: false }],
  ])('%s', async (_, header) => {
    expect(await codeOf(token({}, header))).toBe('invalid_token');
  });

  it('for its critical extension, and not for its signature', async () => {
    const { reason } = await refusal(token({}, { crit: ['exp2'], exp2: 1 }));
    expect(reason).toContain('crit');
  });

  it('signed by another key under the same name', async () => {
    expect(await codeOf(token({}, {}, by(stranger)))).toBe('invalid_token');
  });

  it('that brings the key along that signed it', async () => {
    const { d: _, ...jwk } = stranger;
    const elsewhere = { jku: 'https://evil.example/jwks', kid: 'k9' };
    expect(await codeOf(token({}, { jwk }, by(stranger)))).toBe('invalid_token');
    expect(await codeOf(token({}, elsewhere, by(stranger)))).toBe('invalid_token');
  });

  it.each(['none', 'None', 'NONE', ''])('with alg %j and no signature', async (alg) => {
    const body = `${encode({ ...HEADER, alg })}.${encode(CLAIMS)}`;
    expect(await codeOf(`${body}.`)).toBe('invalid_token');
    expect(await codeOf(body)).toBe('invalid_token');
    expect(await codeOf(`${body}.${token().split('.')[2]}`)).toBe('invalid_token');
  });

  it('signed with the public key as if it were a shared secret', async () => {
    const publicKey = createPublicKey({ key: signingKey, format: 'jwk' });
    for (const secret of [
      Buffer.from(signingKey.x ?? '', 'base64url'),
      Buffer.from(signingKey.x ?? ''),
      Buffer.from(publicKey.export({ format: 'pem', type: 'spki' })),
      Buffer.from(JSON.stringify(publicKey.export({ format: 'jwk' }))),
    ]) {
      const hmac = (body: Buffer) => createHmac('sha256', secret).update(body).digest();
      expect(await codeOf(token({}, { alg: 'HS256' }, hmac))).toBe('invalid_token');
    }
  });

  it('signed with an algorithm that the issuer does not use, even with a key of its name', async () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    const { reason } = await refusal(token({}, { alg: 'ES256' }, by(key, 'sha256')));
    expect(reason).toContain('does not sign with "ES256"');
  });

  it('when a single letter of its header, its claims or its signature was changed', async () => {
    const good = token();
    const change = fc.tuple(fc.nat(good.length - 1), fc.constantFrom(...'ABMYZabmyz059-_.= '));
    await fc.assert(
      fc.asyncProperty(change, async ([at, letter]) => {
        fc.pre(good[at] !== letter);
        expect(await codeOf(good.slice(0, at) + letter + good.slice(at + 1))).toBe('invalid_token');
      }),
      { numRuns: 300 },
    );
  });

  it('when the parts of two good tokens were put together', async () => {
    const [mine, theirs] = [token().split('.'), token({ sub: 'root', jti: 't2' }).split('.')];
    await identify(mine.join('.'));
    await identify(theirs.join('.'));
    expect(await codeOf([mine[0], theirs[1], mine[2]].join('.'))).toBe('invalid_token');
    expect(await codeOf([mine[0], mine[1], theirs[2]].join('.'))).toBe('invalid_token');
  });

  it.each([
    '',
    '.',
    '..',
    'a.b.c',
    'null',
    '{}',
    `${encode([])}.${encode([])}.`,
    'e30.e30.e30',
    '🔑.🔑.🔑',
    'a.b.c.d.e',
  ])('when it is %j', async (text) => {
    expect(await codeOf(text)).toBe('invalid_token');
  });

  it('when it is longer than allowed, however good', async () => {
    const short = token({ pad: '' });
    const pad = (length: number) => 'x'.repeat(Math.floor(((length - short.length) * 3) / 4));
    const fits = token({ pad: pad(LIMITS.maxBytes - 2) });
    const tooLong = token({ pad: pad(LIMITS.maxBytes + 4) });
    expect([fits.length <= LIMITS.maxBytes, tooLong.length > LIMITS.maxBytes]).toEqual([true, true]);
    expect((await identify(fits)).subject).toBe('ann');
    expect((await refusal(tooLong)).reason).toContain('longer than');
  });

  it('when no issuer is trusted at all', async () => {
    const good = token();
    verifier = verifierWith();
    expect(await codeOf(good)).toBe('invalid_token');
  });
});

describe('a token that was proven', () => {
  it('is known until it is refused as expired', async () => {
    const good = token();
    await identify(good);
    now = START + 65_000 - 1;
    expect(verifier.recall(good)).toBeDefined();
    now = START + 65_000;
    expect(verifier.recall(good)).toBeUndefined();
    expect(await codeOf(good)).toBe('invalid_token');
  });

  it('is remembered as long as there is room', async () => {
    verifier = verifierWith({ audience: 'parcels', issuer: { url: ISSUER, signingKey }, cacheSize: 1 });
    const [one, other] = [token({ jti: 't1' }), token({ jti: 't2' })];
    await identify(one);
    await identify(other);
    expect(verifier.recall(other)).toBeDefined();
    expect(verifier.recall(one)).toBeUndefined();
  });

  it('is not pushed out by bad ones', async () => {
    verifier = verifierWith({ audience: 'parcels', issuer: { url: ISSUER, signingKey }, cacheSize: 1 });
    const good = token();
    await identify(good);
    await refusal(token({ aud: 'other' }));
    expect(verifier.recall(good)).toBeDefined();
  });
});

it('no error ever holds the token', async () => {
  const good = token({ aud: 'other' });
  const tampered = `${token().slice(0, -10)}AAAAAAAAAA`;
  for (const bad of [good, tampered, `${good}x`, token({}, {}, by(stranger))]) {
    const shown = inspect(await refusal(bad), { depth: 9, showHidden: true });
    for (const part of bad.split('.')) expect(shown).not.toContain(part.slice(0, 40));
  }
});
