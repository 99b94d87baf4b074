import type { RequestListener } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import * as oauth from 'oauth4webapi';
import { TestClock } from '../support/clock.js';
import { listen } from '../support/listen.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { CLIENTS } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

const makeKey = async (kid: string) => {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' } };
};
type Key = Awaited<ReturnType<typeof makeKey>>;

describeOnPlatforms('clients that publish their keys, on %s', (running) => {
  const server = new ServerUnderTest(running);
  const clock = new TestClock().stop();
  let keys: Readonly<Record<'first' | 'second', Key>>;
  /** What the client's own server does. */
  let answer: RequestListener;
  let asked: string[];
  let partner: Awaited<ReturnType<typeof listen>>;

  beforeAll(async () => {
    keys = { first: await makeKey('k1'), second: await makeKey('k2') };
    partner = await listen((request, response) => {
      asked.push(request.url as string);
      answer(request, response);
    });
    const signer = { name: 'A Signer', kind: 'machine', authentication: 'private-key-jwt' } as const;
    const at = (clientId: string, jwksUri: string) => ({
      ...signer,
      clientId,
      jwksUri,
      scopes: ['parcels:read'],
    });
    await server.start({
      portcullis: { now: clock.now },
      server: {
        clients: [
          ...CLIENTS,
          at('signer', `${partner.url}/keys`),
          at('neighbour', `https://10.255.255.1/keys`),
          at('cloud', `https://169.254.169.254/latest`),
          ...['compressed', 'elsewhere', 'endless', 'empty', 'private'].map((name) =>
            at(name, `${partner.url}/${name}`),
          ),
        ],
      },
    });
  });
  afterAll(() => partner.close());
  beforeEach(() => {
    asked = [];
    clock.forward(200_000);
  });

  const publish = (...published: readonly Key[]): void => {
    answer = (_, response) => {
      // However long the client wants them to be kept.
      response.writeHead(200, { 'cache-control': 'max-age=31536000' });
      response.end(JSON.stringify({ keys: published.map(({ jwk }) => jwk) }));
    };
  };
  const statusWith = async (key: Key, clientId = 'signer') => {
    const issuer = new URL(server.url);
    const insecure = { [oauth.allowInsecureRequests]: true };
    const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
    const proof = oauth.PrivateKeyJwt({ key: key.privateKey, kid: key.kid });
    const response = await oauth.clientCredentialsGrantRequest(
      as,
      { client_id: clientId },
      proof,
      new URLSearchParams({ scope: 'parcels:read' }),
      insecure,
    );
    await response.arrayBuffer();
    return response.status;
  };

  it('are asked for them once in a while, whoever comes how often', async () => {
    publish(keys.first);
    expect(await Promise.all([1, 2, 3, 4].map(() => statusWith(keys.first)))).toEqual([200, 200, 200, 200]);
    expect(await Promise.all([1, 2, 3, 4].map(() => statusWith(keys.second)))).toEqual([401, 401, 401, 401]);
    expect(asked).toEqual(['/keys']);
  });

  it('may change them at any time: a new one works at once, one that was taken back no more', async () => {
    publish(keys.first);
    expect(await statusWith(keys.first)).toBe(200);
    publish(keys.second);
    clock.forward(11);
    expect(await statusWith(keys.second)).toBe(200);
    expect(await statusWith(keys.first)).toBe(401);
    publish(keys.first);
    clock.forward(121);
    expect(await statusWith(keys.second)).toBe(401);
  });

  it('go on while their server is away, for a day', async () => {
    publish(keys.first);
    expect(await statusWith(keys.first)).toBe(200);
    answer = (_, response) => response.writeHead(500).end();
    clock.forward(3_600);
    expect(await statusWith(keys.first)).toBe(200);
    clock.forward(86_400);
    expect(await statusWith(keys.first)).toBe(503);
  });

  it('lead to nothing beside this app, and nowhere else', async () => {
    for (const clientId of ['neighbour', 'cloud']) expect(await statusWith(keys.first, clientId)).toBe(503);
    const jwks = JSON.stringify({ keys: [keys.first.jwk] });
    answer = ({ url }, response) => {
      if (url === '/elsewhere') response.writeHead(302, { location: '/keys' }).end();
      else if (url === '/keys') response.end(jwks);
      else if (url === '/compressed') response.writeHead(200, { 'content-encoding': 'gzip' }).end(jwks);
      else if (url === '/endless') response.end(jwks + ' '.repeat(300_000));
      else if (url === '/private') response.end(JSON.stringify({ keys: [{ ...keys.first.jwk, d: 'AAAA' }] }));
      else response.end('{"keys":[]}');
    };
    for (const clientId of ['compressed', 'elsewhere', 'endless', 'empty', 'private'])
      expect([clientId, await statusWith(keys.first, clientId)]).toEqual([clientId, 503]);
    expect(asked).toEqual(['/compressed', '/elsewhere', '/endless', '/empty', '/private']);
  });
});
