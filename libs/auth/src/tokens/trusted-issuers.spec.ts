import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { PortcullisError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import type { Identity } from '../identity/identity.js';
import { MisuseReactions } from '../reactions/misuse-reactions.js';
import { Replicator } from '../replication/replicator.js';
import { RevocationService } from '../revocation/revocation-service.js';
import { KeyRing } from './key-ring.js';
import { TokenVerifier } from './token-verifier.js';
import { TrustedIssuers } from './trusted-issuers.js';

const STORES = memoryStores();
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

function verifierOf(tokens: Omit<NonNullable<PortcullisOptions['tokens']>, 'audience'>): TokenVerifier {
  const given = { tokens: { audience: 'parcels', ...tokens }, now: () => now };
  const options = resolveOptions(given, STORES);
  const events = new SecurityEvents();
  const revocations = new RevocationService(options, events, new Replicator(options, events, CHANGES));
  const issuers = new TrustedIssuers(
    options,
    new KeyRing(options, new Replicator(options, events, CHANGES), events),
  );
  return new TokenVerifier(options, issuers, revocations, new MisuseReactions(options, revocations, events));
}

async function identify(verifier: TokenVerifier, token: string): Promise<Identity> {
  return (await verifier.verify(token)).identity;
}

async function refusal(verifier: TokenVerifier, token: string): Promise<PortcullisError> {
  const error = await identify(verifier, token).catch((thrown: unknown) => thrown);
  if (error instanceof PortcullisError) return error;
  throw new Error(`expected a refusal, not ${error}`);
}

let server: Server;
let url: string;
let answer: RequestListener;
let asked: number;
let now: number;
let keys: Record<'eddsa' | 'es256' | 'rs256' | 'next', Pair>;

const publish =
  (...pairs: Pair[]): RequestListener =>
  (_, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ keys: pairs.map(({ published }) => published) }));
  };

beforeAll(async () => {
  jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
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
  now = SECONDS * 1_000;
  answer = publish(keys.eddsa, keys.es256, keys.rs256);
});
afterAll(async () => {
  jest.restoreAllMocks();
  await new Promise((resolve) => server.close(resolve));
});

const trusting = (more: object = {}) =>
  verifierOf({ trustedIssuers: [{ issuer: LOGIN, jwksUri: url, allowHttpOnLoopback: true, ...more }] });

describe('an issuer elsewhere', () => {
  it.each(['eddsa', 'es256', 'rs256'] as const)('is believed by its published %s key', async (name) => {
    const identity = await identify(trusting(), await sign(keys[name]));
    expect(identity).toMatchObject({ issuer: LOGIN, subject: 'ann' });
  });

  it('is asked for its keys when the first token needs them, and then not again', async () => {
    const verifier = trusting();
    expect(asked).toBe(0);
    await Promise.all([
      identify(verifier, await sign(keys.eddsa)),
      identify(verifier, await sign(keys.es256)),
    ]);
    await identify(verifier, await sign(keys.rs256));
    expect(asked).toBe(1);
  });

  it('is believed only for the algorithms that are expected of it', async () => {
    const verifier = trusting({ algorithms: ['ES256'] });
    expect(await identify(verifier, await sign(keys.es256))).toMatchObject({ subject: 'ann' });
    expect((await refusal(verifier, await sign(keys.eddsa))).code).toBe('invalid_token');
  });

  it('does not make us ask again for every unknown key', async () => {
    const verifier = trusting();
    await identify(verifier, await sign(keys.eddsa));
    for (let round = 0; round < 3; round++) {
      expect((await refusal(verifier, await sign(keys.next))).code).toBe('invalid_token');
    }
    expect(asked).toBe(1);
  });

  it('is not believed for tokens of another issuer', async () => {
    const verifier = verifierOf({
      issuer: { url: 'https://api.example' },
      trustedIssuers: [
        { issuer: LOGIN, jwksUri: url, allowHttpOnLoopback: true },
        { issuer: 'https://other.example', jwksUri: `${url}-of-other`, allowHttpOnLoopback: true },
      ],
    });
    answer = (request, response) =>
      publish(request.url === '/jwks' ? keys.eddsa : keys.next)(request, response);
    expect(await identify(verifier, await sign(keys.eddsa))).toMatchObject({ issuer: LOGIN });
    for (const iss of ['https://other.example', 'https://api.example', 'https://evil.example']) {
      expect((await refusal(verifier, await sign(keys.eddsa, { iss }))).code).toBe('invalid_token');
    }
  });

  it('is not asked at all for a token of an unknown issuer', async () => {
    await refusal(trusting(), await sign(keys.eddsa, { iss: 'https://evil.example' }));
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
    const verifier = trusting();
    const token = await sign(keys.eddsa);
    answer = broken;
    expect(await refusal(verifier, token)).toMatchObject({
      code: 'temporarily_unavailable',
      retryAfterSeconds: 1,
    });
    answer = publish(keys.eddsa);
    now += 1_000;
    expect(await identify(verifier, token)).toMatchObject({ subject: 'ann' });
  });

  it('make a token temporarily unavailable, not invalid: nobody listens', async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const verifier = trusting({ jwksUri: `http://127.0.0.1:${port}/jwks` });
    expect((await refusal(verifier, await sign(keys.eddsa))).code).toBe('temporarily_unavailable');
  });

  it('leave other issuers alone', async () => {
    const verifier = verifierOf({
      trustedIssuers: [
        { issuer: LOGIN, jwksUri: url, allowHttpOnLoopback: true },
        { issuer: 'https://other.example', jwksUri: `${url}-of-other`, allowHttpOnLoopback: true },
      ],
    });
    answer = (request, response) =>
      request.url === '/jwks' ? response.destroy() : publish(keys.next)(request, response);
    expect((await refusal(verifier, await sign(keys.eddsa))).code).toBe('temporarily_unavailable');
    const identity = await identify(verifier, await sign(keys.next, { iss: 'https://other.example' }));
    expect(identity).toMatchObject({ subject: 'ann' });
  });
});
