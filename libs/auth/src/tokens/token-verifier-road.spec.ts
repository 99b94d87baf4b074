import { createHmac, createSecretKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { jest } from '@jest/globals';
import fc from 'fast-check';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { PortcullisError } from '../errors.js';
import type { SecurityEvent } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { AppIdentity, UserIdentity } from '../identity/identity.js';
import { MisuseReactions } from '../reactions/misuse-reactions.js';
import { Replicator } from '../replication/replicator.js';
import { RevocationService } from '../revocation/revocation-service.js';
import { ISSUER_PROFILES } from './issuer-profile.js';
import { KeyRing } from './key-ring.js';
import { KeySet } from './key-set.js';
import { RemoteKeySet } from './remote-key-set.js';
import { TokenIssuer } from './token-issuer.js';
import { TokenVerifier } from './token-verifier.js';
import { type TrustedIssuer, TrustedIssuers } from './trusted-issuers.js';
import { loginOfOthers } from './trusted-login.js';
import { VerificationKey } from './verification-key.js';

const START = Date.UTC(2030, 0, 1);
const SECONDS = START / 1_000;
const LOGIN = 'https://login.example';
const OWN = 'https://api.example';
const CLAIMS = {
  iss: LOGIN,
  aud: 'parcels',
  sub: 'ann',
  client_id: 'web',
  jti: 't1',
  sid: 's1',
  iat: SECONDS,
  exp: SECONDS + 60,
  scope: 'a:1',
};

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const next = generateKeyPairSync('ed25519');

let now: number;
/** How often the issuer's keys were fetched. */
let fetched: number;
/** Until then a fetch takes. */
let arriving: Promise<void>;
let served: VerificationKey[];
let verified: jest.SpiedFunction<VerificationKey['verify']>;
beforeEach(() => {
  now = START;
  fetched = 0;
  arriving = Promise.resolve();
  served = [new VerificationKey('EdDSA', 'k1', publicKey)];
  verified = jest.spyOn(VerificationKey.prototype, 'verify');
});
afterEach(() => jest.restoreAllMocks());

/** An app that trusts one issuer elsewhere, whose keys come by counted fetches. */
function appWith(tokens: Partial<NonNullable<PortcullisOptions['tokens']>> = {}) {
  const stores = memoryStores();
  const given = { audience: 'parcels', trustedIssuers: [{ issuer: LOGIN }], ...tokens };
  const options = resolveOptions({ tokens: given, now: () => now }, stores);
  const stream = new SecurityEvents();
  const events: SecurityEvent[] = [];
  stream.subscribe((event) => events.push(event));
  const keyRing = new KeyRing(options, new Replicator(options, stream, CHANGES), stream);
  const issuers = new TrustedIssuers(options, keyRing);
  const fetchKeys = async () => {
    fetched++;
    await arriving;
    return new KeySet(served);
  };
  const times = { refreshSeconds: 300, maxAgeSeconds: 3_600, cooldownSeconds: 30 };
  const login: TrustedIssuer = {
    name: LOGIN,
    binding: 'accept',
    audience: 'parcels',
    profile: ISSUER_PROFILES.rfc9068,
    algorithms: ['EdDSA'],
    keys: new RemoteKeySet(LOGIN, fetchKeys, times, () => now),
    login: loginOfOthers(),
  };
  if (tokens.trustedIssuers === undefined) {
    const find = issuers.find.bind(issuers);
    jest.spyOn(issuers, 'find').mockImplementation((name) => (name === LOGIN ? login : find(name)));
  }
  const revocations = new RevocationService(options, stream, new Replicator(options, stream, CHANGES));
  const verifier = new TokenVerifier(
    options,
    issuers,
    revocations,
    new MisuseReactions(options, revocations, stream),
  );
  return {
    verifier,
    revocations,
    events,
    keyRing,
    issuer: new TokenIssuer(options, keyRing, revocations, stream),
  };
}
type App = ReturnType<typeof appWith>;

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
function token(claims: object = {}, header: object = {}, key = privateKey): string {
  const body = `${encode({ alg: 'EdDSA', kid: 'k1', typ: 'at+jwt', ...header })}.${encode({ ...CLAIMS, ...claims })}`;
  return `${body}.${sign(null, Buffer.from(body), key).toString('base64url')}`;
}
function hs256(secret: Uint8Array | string, claims: object = {}, header: object = {}): string {
  const body = `${encode({ alg: 'HS256', typ: 'at+jwt', ...header })}.${encode({ ...CLAIMS, ...claims })}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

async function refusal({ verifier }: App, text: string): Promise<PortcullisError> {
  try {
    await verifier.verify(text);
  } catch (error) {
    if (error instanceof PortcullisError) return error;
    throw error;
  }
  throw new Error('the token was accepted');
}

describe('what could not be accepted anyway costs neither a fetch nor the check of a signature', () => {
  it.each<[string, string]>([
    ['of an unknown issuer', token({ iss: 'https://evil.example' })],
    ['of an issuer named like a property', token({ iss: '__proto__' })],
    ['for another audience', token({ aud: 'other' })],
    ['that has expired', token({ iat: SECONDS - 60, exp: SECONDS - 5 })],
    ['that is not valid yet', token({ nbf: SECONDS + 6 })],
    ['of another type', token({}, { typ: 'JWT' })],
    ['by an algorithm that the issuer does not use', token({}, { alg: 'ES256' })],
    ['by no algorithm', token({}, { alg: 'none' })],
    ['that lacks a claim', token({ jti: undefined })],
    ['that is an ID token', token({ nonce: 'n' })],
    ['with a critical extension', token({}, { crit: ['exp'] })],
    ['that is too long', token({ pad: 'x'.repeat(8_192) })],
    ['that is malformed', `${token()}=`],
  ])('a token %s', async (_, text) => {
    expect((await refusal(appWith(), text)).code).toBe('invalid_token');
    expect([fetched, verified.mock.calls.length]).toEqual([0, 0]);
  });

  it.each<[string, (app: App) => Promise<unknown>]>([
    ['itself', ({ revocations }) => revocations.revokeToken('t1', { issuer: LOGIN, reason: 'stolen' })],
    [
      'by its session',
      ({ revocations }) => revocations.revokeSession('s1', { issuer: LOGIN, reason: 'out' }),
    ],
    ['by its user', ({ revocations }) => revocations.revokeUser('ann', { issuer: LOGIN, reason: 'left' })],
    [
      'by its client',
      ({ revocations }) => revocations.revokeClient('web', { issuer: LOGIN, reason: 'leak' }),
    ],
  ])('a token that is revoked %s', async (_, revoke) => {
    const app = appWith();
    await revoke(app);
    expect((await refusal(app, token())).reason).toContain('revoked');
    expect([fetched, verified.mock.calls.length]).toEqual([0, 0]);
  });

  it('but an acceptable one does', async () => {
    const { verifier } = appWith();
    expect((await verifier.verify(token())).identity).toBeInstanceOf(UserIdentity);
    expect([fetched, verified.mock.calls.length]).toEqual([1, 1]);
  });
});

describe('a token that was proven', () => {
  it('is answered the second time without a promise, a fetch or the check of a signature', async () => {
    const { verifier } = appWith();
    const text = token();
    const proven = verifier.verify(text);
    expect(proven).toBeInstanceOf(Promise);
    expect(verifier.verify(text)).toBeInstanceOf(Promise);
    await proven;
    const calls = verified.mock.calls.length;
    for (let time = 0; time < 10; time++) expect(verifier.verify(text)).not.toBeInstanceOf(Promise);
    expect([fetched, verified.mock.calls.length]).toEqual([1, calls]);
  });

  it.each<[string, (app: App) => Promise<unknown>]>([
    ['itself', ({ revocations }) => revocations.revokeToken('t1', { issuer: LOGIN, reason: 'stolen' })],
    [
      'by its session',
      ({ revocations }) => revocations.revokeSession('s1', { issuer: LOGIN, reason: 'out' }),
    ],
    ['by its user', ({ revocations }) => revocations.revokeUser('ann', { issuer: LOGIN, reason: 'left' })],
    [
      'by its client',
      ({ revocations }) => revocations.revokeClient('web', { issuer: LOGIN, reason: 'leak' }),
    ],
  ])('is refused from the moment that it is revoked %s, and that is reported', async (_, revoke) => {
    const app = appWith();
    const text = token();
    await app.verifier.verify(text);
    await revoke(app);
    expect(() => app.verifier.verify(text)).toThrow(PortcullisError);
    expect(app.events.filter(({ type }) => type === 'token.misused')).toEqual([
      expect.objectContaining({ misuse: 'revoked-token', tokenId: 't1', subject: 'ann', revoked: 'nothing' }),
    ]);
  });

  it.each<[string, (app: App) => unknown]>([
    ['is revoked', ({ revocations }) => revocations.revokeToken('t1', { issuer: LOGIN, reason: 'stolen' })],
    ['is over', () => (now += 65_000)],
  ])('is refused when it %s while its key is being fetched', async (_, change) => {
    const app = appWith();
    let arrive = () => {};
    arriving = new Promise((resolve) => {
      arrive = resolve;
    });
    const proven = refusal(app, token());
    await change(app);
    arrive();
    expect((await proven).reason).toMatch(/revoked|expired/);
    now = START;
    expect(app.verifier.recall(token())).toBeUndefined();
  });

  it('for another API is not one for this', async () => {
    const app = appWith();
    const elsewhere = token({ aud: 'orders' });
    expect((await app.verifier.verifyFor('orders', elsewhere)).facts.subject).toBe('ann');
    expect(app.verifier.recall(elsewhere)).toBeUndefined();
    expect((await refusal(app, elsewhere)).reason).toContain('aud');
  });

  it('is revoked under every spelling of it', async () => {
    const app = appWith();
    await app.verifier.verify(token());
    await app.revocations.revokeToken('t1', { issuer: LOGIN, reason: 'stolen' });
    for (const text of [
      token({}, { typ: 'application/at+jwt' }),
      token({}, { kid: undefined }),
      token({ x: 1 }),
    ]) {
      expect((await refusal(app, text)).reason).toContain('revoked');
    }
  });

  it('is forgotten when its key retires', async () => {
    const app = appWith();
    const text = token({ exp: SECONDS + 3_000 });
    await app.verifier.verify(text);
    served = [new VerificationKey('EdDSA', 'k2', next.publicKey)];
    now += 300_000;
    // Whoever asks now is still served, and has the keys fetched.
    expect(app.verifier.verify(text)).not.toBeInstanceOf(Promise);
    for (let turn = 0; turn < 10; turn++) await null;
    expect((await refusal(app, text)).reason).toBe('no such key');
    expect(app.verifier.recall(text)).toBeUndefined();
    const fresh = token({ exp: SECONDS + 3_000, jti: 't2' }, { kid: 'k2' }, next.privateKey);
    expect((await app.verifier.verify(fresh)).identity).toMatchObject({ tokenId: 't2' });
  });

  it('is forgotten when our own key is replaced', async () => {
    const { verifier, issuer, keyRing } = appWith({ issuer: { url: OWN } });
    const { accessToken } = await issuer.issue({ subject: 'ann', clientId: 'web' });
    expect(verifier.verify(accessToken)).not.toBeInstanceOf(Promise);
    await keyRing.replace();
    expect(() => verifier.verify(accessToken)).toThrow(PortcullisError);
    const again = await issuer.issue({ subject: 'ann', clientId: 'web' });
    expect((await verifier.verify(again.accessToken)).identity).toMatchObject({ subject: 'ann' });
  });

  it('stays good through a rotation of our own key', async () => {
    const { verifier, issuer, keyRing } = appWith({ issuer: { url: OWN }, maxLifetimeSeconds: 3_600 });
    await keyRing.rotate();
    now += 899_000;
    const { accessToken } = await issuer.issue({ subject: 'ann', clientId: 'web', lifetimeSeconds: 3_600 });
    now += 3_599_000;
    expect((await verifier.verify(accessToken)).identity).toMatchObject({ subject: 'ann' });
  });

  it('is remembered, and a token that was refused is not', async () => {
    const app = appWith({ cacheSize: 2 });
    const [one, two] = [token(), token({ jti: 't2' })];
    await app.verifier.verify(one);
    await app.verifier.verify(two);
    const bad = fc.tuple(fc.nat(one.length - 1), fc.constantFrom(...'ABCxyz019-_.='));
    await fc.assert(
      fc.asyncProperty(bad, async ([at, letter]) => {
        fc.pre(one[at] !== letter);
        const text = one.slice(0, at) + letter + one.slice(at + 1);
        await refusal(app, text);
        expect(app.verifier.recall(text)).toBeUndefined();
      }),
    );
    expect([app.verifier.recall(one), app.verifier.recall(two)]).not.toContain(undefined);
  });
});

describe('the signature of a proven token under an algorithm that its issuer does not use', () => {
  const header = (alg: string) => encode({ alg, kid: 'k1', typ: 'at+jwt' });
  const forged = (alg: string, payload = good.split('.')[1]) =>
    `${header(alg)}.${payload}.${good.split('.')[2]}`;
  let good: string;
  beforeEach(() => {
    good = token();
  });

  it.each(['HS256', 'none', 'ES256', 'RS256', 'eddsa'])(
    'as %s is an attack: the token is revoked',
    async (alg) => {
      const app = appWith();
      await app.verifier.verify(good);
      expect((await refusal(app, forged(alg))).code).toBe('invalid_token');
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      expect(() => app.verifier.verify(good)).toThrow(PortcullisError);
      expect(app.events).toContainEqual(
        expect.objectContaining({ type: 'token.misused', misuse: 'algorithm-attack', revoked: 'token' }),
      );
    },
  );

  it('is the same attack with another content: whoever has the signature had the token', async () => {
    const app = appWith();
    await app.verifier.verify(good);
    const payload = encode({ ...CLAIMS, scope: 'everything:*' });
    expect((await refusal(app, forged('none', payload))).code).toBe('invalid_token');
    expect(app.events).toContainEqual(
      expect.objectContaining({ misuse: 'algorithm-attack', revoked: 'token' }),
    );
  });

  it.each([
    ['no signature', () => ''],
    ['a signature of its own', () => encode({ forged: true })],
    ['the end of the signature alone', (signature: string) => signature.slice(-43)],
    ['more in front of the signature', (signature: string) => `AAAA${signature}`],
    [
      'a signature that differs in its first letter',
      (signature: string) => `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
    ],
    ['the signature of another token', () => token({ jti: 'another' }).split('.')[2] as string],
  ])('is not needed to know all the rest of it: with %s nothing is revoked', async (_, signatureOf) => {
    const app = appWith();
    await app.verifier.verify(good);
    for (const alg of ['none', 'HS256', 'ES256']) {
      const [, payload, signature] = good.split('.') as [string, string, string];
      await refusal(app, `${header(alg)}.${payload}.${signatureOf(signature)}`);
    }
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(app.events).toEqual([]);
    expect(app.verifier.verify(good)).toBeDefined();
  });

  it('is only reported where the reaction is off', async () => {
    const app = appWith({ reactions: { revokeTokenOnAlgorithmAttack: false } });
    await app.verifier.verify(good);
    await refusal(app, forged('HS256'));
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(app.verifier.verify(good)).toBeDefined();
    expect(app.events).toEqual([expect.objectContaining({ misuse: 'algorithm-attack', revoked: 'nothing' })]);
  });

  it('shuts nobody out whose token was never proven: anyone could write that', async () => {
    const app = appWith();
    await refusal(app, forged('HS256'));
    expect(app.events).toEqual([]);
    expect((await app.verifier.verify(token())).identity).toMatchObject({ subject: 'ann' });
  });
});

describe('a client that acts for itself', () => {
  it('is an app of its issuer, and never a user', async () => {
    const { verifier } = appWith();
    const { identity } = await verifier.verify(token({ sub: 'web', scope: 'a:1 b:*' }));
    expect(identity).toBeInstanceOf(AppIdentity);
    expect(identity).toMatchObject({ appId: 'web', issuer: LOGIN, tokenId: 't1', scopes: ['a:1', 'b:*'] });
    expect(identity).not.toHaveProperty('subject');
    expect((identity as AppIdentity).keyId).toBeUndefined();
  });

  it('is not a user of the same name, nor a client of the same name elsewhere', async () => {
    const { verifier } = appWith();
    const user = await verifier.verify(token({ sub: 'web', client_id: 'other' }));
    expect(user.identity).toMatchObject({ kind: 'user', issuer: LOGIN, subject: 'web', clientId: 'other' });
    expect(user.identity).not.toHaveProperty('appId');
  });
});

describe('a shared secret', () => {
  const secret = randomBytes(32);
  const sharing = (more: object = {}) =>
    appWith({ trustedIssuers: [{ issuer: LOGIN, sharedSecret: secret, ...more }] });

  it('verifies HS256, whatever kid a token names', async () => {
    for (const text of [
      hs256(secret),
      hs256(secret, {}, { kid: 'any' }),
      hs256(secret, {}, { kid: '../secret' }),
    ]) {
      expect((await sharing().verifier.verify(text)).identity).toMatchObject({ subject: 'ann' });
    }
    const text = 'correct horse battery staple, and more';
    const { verifier } = sharing({ sharedSecret: text });
    expect((await verifier.verify(hs256(text))).identity).toMatchObject({ subject: 'ann' });
  });

  it('verifies nothing else: no other secret, no other algorithm, none', async () => {
    const app = sharing();
    for (const text of [
      hs256(randomBytes(32)),
      hs256(Buffer.alloc(0)),
      hs256(secret.subarray(1)),
      hs256(secret, {}, { alg: 'HS384' }),
      hs256(secret, {}, { alg: 'HS512' }),
      hs256(secret, {}, { alg: 'none' }),
      hs256(secret, {}, { alg: 'hs256' }),
      token(),
    ]) {
      expect((await refusal(app, text)).code).toBe('invalid_token');
    }
  });

  it('is of its issuer alone', async () => {
    const other = { issuer: 'https://other.example', sharedSecret: randomBytes(32) };
    const app = appWith({ trustedIssuers: [{ issuer: LOGIN, sharedSecret: secret }, other] });
    expect((await refusal(app, hs256(secret, { iss: other.issuer }))).code).toBe('invalid_token');
    expect(
      (await app.verifier.verify(hs256(other.sharedSecret, { iss: other.issuer }))).identity,
    ).toMatchObject({
      issuer: other.issuer,
      subject: 'ann',
    });
  });

  it('is the only way to HS256: our own key ring and public keys never take it', async () => {
    const app = appWith({ issuer: { url: OWN } });
    const [published] = app.keyRing.published.keys;
    for (const guess of [published?.x ?? '', JSON.stringify(published), createSecretKey(secret).export()]) {
      expect((await refusal(app, hs256(guess, { iss: OWN }))).reason).toContain('does not sign with');
      expect((await refusal(app, hs256(guess))).reason).toContain('does not sign with');
    }
  });
});

describe("an app's own way to read scopes from claims", () => {
  const secret = randomBytes(32);
  const trusting = (scopesFrom: (claims: Readonly<Record<string, unknown>>) => readonly string[]) =>
    appWith({ trustedIssuers: [{ issuer: LOGIN, sharedSecret: secret, scopesFrom }] });

  it('never sees claims that anybody could have written', async () => {
    const seen: unknown[] = [];
    const app = trusting(({ sub }) => {
      seen.push(sub);
      return ['a:1'];
    });
    await refusal(app, hs256(randomBytes(32), { sub: 'forged' }));
    expect((await app.verifier.verify(hs256(secret))).identity).toMatchObject({ scopes: ['a:1'] });
    expect(seen).toEqual(['ann']);
  });

  it('refuses the token when it fails, also later', async () => {
    const failing = async () => {
      throw new Error('no such user');
    };
    expect((await refusal(trusting(failing as never), hs256(secret))).reason).toContain('scopes');
  });
});

describe('a token of an issuer without token ids', () => {
  it('is not revoked for its content under another algorithm, which could be guessed', async () => {
    const secret = randomBytes(32);
    const app = appWith({ trustedIssuers: [{ issuer: LOGIN, sharedSecret: secret, profile: 'auth0' }] });
    const auth0 = { azp: 'web', jti: undefined, client_id: undefined };
    const { facts } = await app.verifier.verify(hs256(secret, auth0, { typ: 'JWT' }));
    await refusal(app, hs256(secret, auth0, { typ: 'JWT', alg: 'none' }));
    expect(app.revocations.isRevoked(facts)).toBe(false);
    expect(app.events).toEqual([]);
  });

  it('is named by a digest of what was signed, so that it can be revoked', async () => {
    const secret = randomBytes(32);
    const app = appWith({ trustedIssuers: [{ issuer: LOGIN, profile: 'auth0', sharedSecret: secret }] });
    const text = hs256(secret, { azp: 'web', jti: undefined }, { typ: 'JWT' });
    const { facts } = await app.verifier.verify(text);
    expect(facts.tokenId).toMatch(/^sha256:[\w-]{43}$/);
    const other = await app.verifier.verify(
      hs256(secret, { azp: 'web', jti: undefined, n: 1 }, { typ: 'JWT' }),
    );
    expect(other.facts.tokenId).not.toBe(facts.tokenId);
    await app.revocations.revokeToken(facts.tokenId, { issuer: LOGIN, reason: 'stolen' });
    expect(() => app.verifier.verify(text)).toThrow(PortcullisError);
  });
});
