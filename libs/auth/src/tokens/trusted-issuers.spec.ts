import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { PortcullisError } from '../errors.js';
import { type PortcullisOptions, resolveOptions } from '../portcullis.options.js';
import { MemoryApiKeyStore } from '../stores/memory/memory-api-key.store.js';
import { MemoryBanStore } from '../stores/memory/memory-ban.store.js';
import { MemoryRevocationStore } from '../stores/memory/memory-revocation.store.js';
import { KeyRing } from './key-ring.js';
import { TokenVerifier } from './token-verifier.js';
import { TrustedIssuers } from './trusted-issuers.js';

const STORES = {
  apiKeys: new MemoryApiKeyStore(),
  bans: new MemoryBanStore(),
  revocations: new MemoryRevocationStore(),
};
const SECONDS = Date.UTC(2030, 0, 1) / 1_000;
const LOGIN = 'https://login.example';

/** A key pair as its issuer has it: the private half signs, the public half is published. */
interface Pair {
  readonly own: JWK;
  readonly published: JWK;
}

async function pair(alg: string, kid: string): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return {
    own: { ...(await exportJWK(privateKey)), alg, kid },
    published: { ...(await exportJWK(publicKey)), alg, kid, use: 'sig' },
  };
}

function sign({ own: { alg = '', kid = '', ...key } }: Pair, claims: object = {}): Promise<string> {
  const issued = {
    iss: LOGIN,
    aud: 'parcels',
    sub: 'ann',
    client_id: 'web',
    jti: 't1',
    iat: SECONDS,
    exp: SECONDS + 60,
  };
  return new SignJWT({ ...issued, ...claims })
    .setProtectedHeader({ alg, kid, typ: 'at+jwt' })
    .sign({ ...key, alg });
}

async function verifierOf(
  tokens: Omit<NonNullable<PortcullisOptions['tokens']>, 'audience'>,
): Promise<TokenVerifier> {
  const given = { tokens: { audience: 'parcels', ...tokens }, now: () => SECONDS * 1_000 };
  const options = resolveOptions(given, STORES);
  const keyRing = new KeyRing(options);
  await keyRing.onModuleInit();
  return new TokenVerifier(options, new TrustedIssuers(options, keyRing));
}

async function refusal(verifier: TokenVerifier, token: string): Promise<PortcullisError> {
  const error = await Promise.resolve(verifier.identify(token)).catch((thrown: unknown) => thrown);
  if (error instanceof PortcullisError) return error;
  throw new Error(`expected a refusal, not ${error}`);
}

let server: Server;
let url: string;
let answer: RequestListener;
let asked: number;
let keys: Record<'eddsa' | 'es256' | 'rs256' | 'next', Pair>;

const publish =
  (...pairs: Pair[]): RequestListener =>
  (_, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ keys: pairs.map(({ published }) => published) }));
  };

beforeAll(async () => {
  const [eddsa, es256, rs256, next] = await Promise.all([
    pair('EdDSA', 'k1'),
    pair('ES256', 'k2'),
    pair('RS256', 'k3'),
    pair('EdDSA', 'k4'),
  ]);
  keys = { eddsa, es256, rs256, next };
  server = createServer((request, response) => {
    asked++;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
});
beforeEach(() => {
  asked = 0;
  answer = publish(keys.eddsa, keys.es256, keys.rs256);
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const trusting = (more: object = {}) =>
  verifierOf({ trustedIssuers: [{ issuer: LOGIN, jwksUri: url, ...more }] });

describe('an issuer elsewhere', () => {
  it.each(['eddsa', 'es256', 'rs256'] as const)('is believed by its published %s key', async (name) => {
    const identity = await (await trusting()).identify(await sign(keys[name]));
    expect(identity).toMatchObject({ issuer: LOGIN, subject: 'ann' });
  });

  it('is asked for its keys when the first token needs them, and then not again', async () => {
    const verifier = await trusting();
    expect(asked).toBe(0);
    await Promise.all([verifier.identify(await sign(keys.eddsa)), verifier.identify(await sign(keys.es256))]);
    await verifier.identify(await sign(keys.rs256));
    expect(asked).toBe(1);
  });

  it('is believed only for the algorithms that are expected of it', async () => {
    const verifier = await trusting({ algorithms: ['ES256'] });
    expect(await verifier.identify(await sign(keys.es256))).toMatchObject({ subject: 'ann' });
    expect((await refusal(verifier, await sign(keys.eddsa))).code).toBe('invalid_token');
  });

  it('does not make us ask again for every unknown key', async () => {
    const verifier = await trusting();
    await verifier.identify(await sign(keys.eddsa));
    for (let round = 0; round < 3; round++) {
      expect((await refusal(verifier, await sign(keys.next))).code).toBe('invalid_token');
    }
    expect(asked).toBe(1);
  });

  it('is not believed for tokens of another issuer', async () => {
    const verifier = await verifierOf({
      issuer: { url: 'https://api.example' },
      trustedIssuers: [
        { issuer: LOGIN, jwksUri: url },
        { issuer: 'https://other.example', jwksUri: `${url}-of-other` },
      ],
    });
    answer = (request, response) =>
      publish(request.url === '/jwks' ? keys.eddsa : keys.next)(request, response);
    expect(await verifier.identify(await sign(keys.eddsa))).toMatchObject({ issuer: LOGIN });
    for (const iss of ['https://other.example', 'https://api.example', 'https://evil.example']) {
      expect((await refusal(verifier, await sign(keys.eddsa, { iss }))).code).toBe('invalid_token');
    }
  });

  it('is not asked at all for a token of an unknown issuer', async () => {
    await refusal(await trusting(), await sign(keys.eddsa, { iss: 'https://evil.example' }));
    expect(asked).toBe(0);
  });
});

describe('keys that can not be had', () => {
  it.each<[string, RequestListener]>([
    ['are answered with an error', (_, response) => response.writeHead(500).end()],
    ['are not there', (_, response) => response.writeHead(404).end('{"keys":[]}')],
    ['have moved', (_, response) => response.writeHead(302, { Location: '/elsewhere' }).end()],
    ['are not JSON', (_, response) => response.end('<html>')],
    ['are JSON of another kind', (_, response) => response.end('{"keys":"none"}')],
    ['end in the middle', (_, response) => response.destroy()],
  ])('make a token temporarily unavailable, not invalid: they %s', async (_, broken) => {
    const verifier = await trusting();
    const token = await sign(keys.eddsa);
    answer = broken;
    expect(await refusal(verifier, token)).toMatchObject({
      code: 'temporarily_unavailable',
      retryAfterSeconds: 5,
    });
    answer = publish(keys.eddsa);
    expect(await verifier.identify(token)).toMatchObject({ subject: 'ann' });
  });

  it('make a token temporarily unavailable, not invalid: nobody listens', async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const verifier = await trusting({ jwksUri: `http://127.0.0.1:${port}/jwks` });
    expect((await refusal(verifier, await sign(keys.eddsa))).code).toBe('temporarily_unavailable');
  });

  it('leave other issuers alone', async () => {
    const verifier = await verifierOf({
      trustedIssuers: [
        { issuer: LOGIN, jwksUri: url },
        { issuer: 'https://other.example', jwksUri: `${url}-of-other` },
      ],
    });
    answer = (request, response) =>
      request.url === '/jwks' ? response.destroy() : publish(keys.next)(request, response);
    expect((await refusal(verifier, await sign(keys.eddsa))).code).toBe('temporarily_unavailable');
    const identity = await verifier.identify(await sign(keys.next, { iss: 'https://other.example' }));
    expect(identity.subject).toBe('ann');
  });
});
