import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { Controller, Get } from '@nestjs/common';
import {
  AppIdentity,
  CurrentApp,
  CurrentUser,
  type PortcullisOptions,
  RequireApp,
  RequireUser,
  RevocationService,
  UserIdentity,
} from '@portcullis/auth';
import { decodeJwt } from 'jose';
import { TestClock } from '../support/clock.js';
import { noStrikes } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { listen } from '../support/listen.js';
import { type RunningOidcProvider, startOidcProvider } from '../support/oidc-provider.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { accessClaims, compactJws, Signer } from '../support/signer.js';

@Controller('parcels')
class ParcelsController {
  @RequireUser('parcels:read')
  @Get()
  list(@CurrentUser() { issuer, subject, clientId, scopes }: UserIdentity) {
    return { issuer, subject, clientId, scopes };
  }

  @RequireApp('parcels:read')
  @Get('for-apps')
  listForApps(@CurrentApp() { issuer, appId, scopes }: AppIdentity) {
    return { issuer, appId, scopes };
  }
}

const audience = 'https://parcels.example';
const bareIssuer = 'https://bare.example';

type Tokens = NonNullable<PortcullisOptions['tokens']>;
type Trusted = NonNullable<Tokens['trustedIssuers']>[number];

describeOnPlatforms('issuers on %s', (running) => {
  const open: { close(): unknown }[] = [];
  const signer = new Signer('ES256');
  let clock: TestClock;

  const start = (trustedIssuers: readonly Trusted[], tokens: Partial<Tokens> = {}) =>
    running.start({
      portcullis: { tokens: { audience, trustedIssuers, ...tokens }, bans: noStrikes, now: clock.now },
      controllers: [ParcelsController],
    });
  const get = (token: string, path = '/parcels') => running.get(path, { authorization: `Bearer ${token}` });
  const statusOf = (token: string, path = '/parcels') =>
    running.statusOf(path, { authorization: `Bearer ${token}` });
  const bareToken = (changes: object = {}, by = signer) =>
    by.token(accessClaims(bareIssuer, audience, clock.now(), changes));

  /** A server of keys and nothing else, which does what it is told to. */
  const bareServer = async (first: RequestListener = serveKeys) => {
    const state = { answer: first, requests: 0 };
    const server = await listen((request, response) => {
      state.requests++;
      state.answer(request, response);
    });
    open.push(server);
    const trusted: Trusted = { issuer: bareIssuer, jwksUri: `${server.url}/jwks`, allowHttpOnLoopback: true };
    return Object.assign(state, { trusted, url: server.url });
  };
  const keySet = (...signers: Signer[]) =>
    JSON.stringify({ keys: signers.map(({ publicJwk }) => publicJwk) });
  const serveKeys: RequestListener = (_, response) => response.end(keySet(signer));

  beforeEach(() => {
    clock = new TestClock();
  });

  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  describe('two at once: an OpenID provider by discovery, and a bare server of keys', () => {
    let provider: RunningOidcProvider;

    beforeEach(async () => {
      provider = await startOidcProvider({ audience, scopes: ['parcels:read'] });
      open.push(provider);
      const { trusted } = await bareServer();
      const discovered: Trusted = {
        issuer: provider.issuer,
        algorithms: ['ES256'],
        allowHttpOnLoopback: true,
      };
      await start([discovered, trusted]);
    });

    it('both are believed, each for its own users', async () => {
      const { accessToken } = await provider.logIn('ada', 'parcels:read');
      expect(await (await get(accessToken)).json()).toMatchObject({
        issuer: provider.issuer,
        subject: 'ada',
      });
      expect(await (await get(bareToken())).json()).toMatchObject({ issuer: bareIssuer, subject: 'ada' });
    });

    it('neither can speak for the other', async () => {
      const { accessToken } = await provider.logIn('ada', 'parcels:read');
      expect(await statusOf(signer.token({ ...decodeJwt(accessToken) }))).toBe(401);
      expect(await statusOf(bareToken({ iss: provider.issuer }))).toBe(401);
      expect(await statusOf(bareToken({ iss: [bareIssuer, provider.issuer] }))).toBe(401);
      for (const iss of [`${bareIssuer}/`, bareIssuer.toUpperCase(), `${bareIssuer} `, '__proto__']) {
        expect(await statusOf(bareToken({ iss }))).toBe(401);
      }
    });

    it('users of the same name are two: what is revoked of one stays with the other', async () => {
      const revocations = running.app.get(RevocationService);
      const ofProvider = (await provider.logIn('ada', 'parcels:read')).accessToken;
      const { jti, client_id: clientId } = decodeJwt(ofProvider) as { jti: string; client_id: string };
      const ofBare = bareToken({ jti, client_id: clientId, sid: 's' });
      const statuses = async () => [await statusOf(ofProvider), await statusOf(ofBare)];
      expect(await statuses()).toEqual([200, 200]);

      const others = { issuer: 'https://nobody.example', reason: 'test' };
      await revocations.revokeUser('ada', others);
      await revocations.revokeToken(jti, others);
      expect(await statuses()).toEqual([200, 200]);
      await revocations.revokeUser('ada', { issuer: bareIssuer, reason: 'test' });
      expect(await statuses()).toEqual([200, 401]);
      await revocations.revokeToken(jti, { issuer: bareIssuer, reason: 'test' });
      await revocations.revokeClient(clientId, { issuer: bareIssuer, reason: 'test' });
      expect(await statuses()).toEqual([200, 401]);
      await revocations.revokeClient(clientId, { issuer: provider.issuer, reason: 'test' });
      expect(await statuses()).toEqual([401, 401]);
    });

    it('a token that a client got for itself names an app, one of a user a user', async () => {
      const ofClient = await provider.clientToken('parcels:read');
      const ofUser = (await provider.logIn('ada', 'parcels:read')).accessToken;
      expect(await (await get(ofClient, '/parcels/for-apps')).json()).toEqual({
        issuer: provider.issuer,
        appId: audience,
        scopes: ['parcels:read'],
      });
      expect([await statusOf(ofClient), await statusOf(ofUser, '/parcels/for-apps')]).toEqual([401, 401]);
      expect(await statusOf(ofUser)).toBe(200);
    });
  });

  describe('that misbehave', () => {
    beforeEach(() => void clock.stop());

    const big = Buffer.alloc(1024 * 1024, ' ');

    it.each<[string, RequestListener]>([
      [
        'redirects to its keys',
        (request, response) =>
          request.url === '/moved'
            ? serveKeys(request, response)
            : response.writeHead(302, { location: '/moved' }).end(),
      ],
      [
        'answers with HTML',
        (_, response) => response.setHeader('content-type', 'text/html').end('<html>sorry</html>'),
      ],
      ['answers with an error, keys and all', (_, response) => response.writeHead(500).end(keySet(signer))],
      ['answers with keys of a wrong type', (_, response) => response.end('{"keys":"none"}')],
      ['answers with a list', (_, response) => response.end(JSON.stringify([signer.publicJwk]))],
      ['answers with null', (_, response) => response.end('null')],
      ['answers with keys that are none', (_, response) => response.end('{"keys":[null,1,"x",{},[]]}')],
      ['has no key', (_, response) => response.end('{"keys":[]}')],
      [
        'gives its private key away',
        (_, response) =>
          response.end(
            JSON.stringify({
              keys: [{ ...signer.privateKey.export({ format: 'jwk' }), alg: 'ES256', kid: 'k1' }],
            }),
          ),
      ],
      [
        'gives a key for encryption',
        (_, response) => response.end(JSON.stringify({ keys: [{ ...signer.publicJwk, use: 'enc' }] })),
      ],
      [
        'breaks off',
        (_, response) => {
          response.writeHead(200, { 'content-length': '9999' });
          response.write('{"keys":[');
          response.socket?.destroy();
        },
      ],
      ['hangs up', (request) => request.socket.destroy()],
    ])('one that %s leaves its users waiting, not let in, until it recovers', async (_, misbehave) => {
      const server = await bareServer(misbehave);
      await start([server.trusted]);
      const token = bareToken();
      const response = await get(token);
      expect(response.status).toBe(503);
      expect((await problemIn(response)).code).toBe('temporarily_unavailable');
      expect(server.requests).toBe(1);
      // Not asked again at once, however many come.
      expect(await Promise.all([1, 2, 3].map(() => statusOf(token)))).toEqual([503, 503, 503]);
      expect(server.requests).toBe(1);

      server.answer = serveKeys;
      clock.forward(1);
      expect(await statusOf(token)).toBe(200);
    });

    it('one that answers with 50 MB is not read to the end', async () => {
      let written = 0;
      const server = await bareServer(async (_, response) => {
        response.write('{"keys":[');
        for (let count = 0; count < 50 && !response.destroyed; count++) {
          written++;
          // Whoever doesn't read on closes the connection.
          if (!response.write(big)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
        }
        response.end(`${keySet(signer).slice('{"keys":['.length)}`);
      });
      await start([server.trusted]);
      expect(await statusOf(bareToken())).toBe(503);
      expect(written).toBeLessThan(25);
      server.answer = serveKeys;
      clock.forward(1);
      expect(await statusOf(bareToken())).toBe(200);
    });

    it('one that drips is not waited for for ever', async () => {
      const server = await bareServer((_, response) => {
        response.write('{"keys":[');
        const drip = setInterval(() => response.write(' '), 100);
        response.once('close', () => clearInterval(drip));
      });
      await start([server.trusted]);
      const began = performance.now();
      expect(await Promise.all([1, 2, 3].map(() => statusOf(bareToken())))).toEqual([503, 503, 503]);
      expect(performance.now() - began).toBeLessThan(10_000);
      expect(server.requests).toBe(1);
    });

    it('one that goes away after all was well is done without, for a stated time', async () => {
      const server = await bareServer();
      await start([server.trusted], { keyMaxAgeSeconds: 3_600 });
      expect(await statusOf(bareToken())).toBe(200);
      for (const answer of [
        (request) => request.socket.destroy(),
        (_, response) => response.end('{"keys":[]}'),
      ] satisfies RequestListener[]) {
        server.answer = answer;
        clock.forward(1_500);
        expect(await statusOf(bareToken())).toBe(200);
      }
      const known = bareToken();
      expect(await statusOf(known)).toBe(200);
      clock.forward(601);
      expect(await statusOf(bareToken())).toBe(503);
      server.answer = serveKeys;
      clock.forward(1);
      expect(await statusOf(bareToken())).toBe(200);
    });

    it('a key that it retires is refused within the stated time, proven before or not', async () => {
      const server = await bareServer();
      await start([server.trusted], { keyMaxAgeSeconds: 3_600 });
      const successor = new Signer('ES256', 'k2');
      const known = bareToken({ exp: Math.floor(clock.now() / 1000) + 7_200 });
      expect(await statusOf(known)).toBe(200);
      server.answer = (_, response) => response.end(keySet(successor));
      clock.forward(3_601);
      expect([await statusOf(known), await statusOf(bareToken())]).toEqual([401, 401]);
      expect(await statusOf(bareToken({}, successor))).toBe(200);
    });

    it('a new key is found as soon as a token names it, and made-up names cost next to nothing', async () => {
      const server = await bareServer();
      await start([server.trusted], { keyCooldownSeconds: 30 });
      expect(await statusOf(bareToken())).toBe(200);
      const made = Array.from({ length: 300 }, (_, index) =>
        bareToken({}, new Signer('EdDSA', `made-up-${index}`)),
      );
      clock.forward(30);
      expect(new Set(await Promise.all(made.map((token) => statusOf(token))))).toEqual(new Set([401]));
      expect(server.requests).toBe(2);

      const successor = new Signer('ES256', 'k2');
      server.answer = (_, response) => response.end(keySet(signer, successor));
      clock.forward(30);
      expect(await statusOf(bareToken({}, successor))).toBe(200);
      expect(server.requests).toBe(3);
    });
  });

  it('starting the app asks nobody, and needs nobody: one may be unreachable, another silent', async () => {
    const gone = await listen(() => {});
    await gone.close();
    const silent = await bareServer(() => {});
    const working = await bareServer();
    await start([
      { issuer: gone.url, allowHttpOnLoopback: true },
      { ...silent.trusted, issuer: 'https://silent.example' },
      working.trusted,
    ]);
    expect([silent.requests, working.requests]).toEqual([0, 0]);
    expect(await statusOf(signer.token(accessClaims(gone.url, audience, clock.now())))).toBe(503);
    expect(await statusOf(bareToken())).toBe(200);
    expect([silent.requests, working.requests]).toEqual([0, 1]);
  });

  it.each<[string, (issuer: string) => unknown]>([
    ['for another issuer', (issuer) => ({ issuer: `${issuer}/other`, jwks_uri: `${issuer}/jwks` })],
    ['without a place for keys', (issuer) => ({ issuer })],
    [
      'whose keys are elsewhere, by plain http',
      (issuer) => ({ issuer, jwks_uri: 'http://keys.example/jwks' }),
    ],
    ['whose keys are in a file', (issuer) => ({ issuer, jwks_uri: 'file:///etc/passwd' })],
    ['of null', () => null],
  ])('metadata %s are not followed', async (_, metadata) => {
    const server = await listen((request, response) =>
      response.end(request.url === '/jwks' ? keySet(signer) : JSON.stringify(metadata(server.url))),
    );
    open.push(server);
    await start([{ issuer: server.url, allowHttpOnLoopback: true }]);
    expect(await statusOf(signer.token(accessClaims(server.url, audience, clock.now())))).toBe(503);
  });

  it('metadata are found where RFC 8414 has them as well', async () => {
    const server = await listen((request, response) => {
      if (request.url === '/jwks') return response.end(keySet(signer));
      if (request.url !== '/.well-known/oauth-authorization-server/tenant')
        return response.writeHead(404).end();
      return response.end(JSON.stringify({ issuer: `${server.url}/tenant`, jwks_uri: `${server.url}/jwks` }));
    });
    open.push(server);
    const issuer = `${server.url}/tenant`;
    await start([{ issuer, allowHttpOnLoopback: true }]);
    expect(await statusOf(signer.token(accessClaims(issuer, audience, clock.now())))).toBe(200);
  });

  it('an audience and algorithms of its own hold for one issuer alone', async () => {
    const server = await bareServer();
    await start([
      { ...server.trusted, audience: 'urn:ours', algorithms: ['EdDSA'] },
      { ...server.trusted, issuer: 'https://b.example' },
    ]);
    expect(await statusOf(bareToken({ aud: 'urn:ours' }))).toBe(401);
    expect(await statusOf(bareToken({ iss: 'https://b.example' }))).toBe(200);
    expect(await statusOf(bareToken({ iss: 'https://b.example', aud: 'urn:ours' }))).toBe(401);
  });

  describe('that do not conform to RFC 9068', () => {
    const keycloak = (changes: object = {}) => ({
      ...accessClaims(bareIssuer, audience, clock.now()),
      client_id: undefined,
      aud: ['account', audience],
      azp: 'web',
      typ: 'Bearer',
      sid: 'session',
      scope: 'openid profile',
      preferred_username: 'ada',
      realm_access: { roles: ['parcels:read'] },
      nonce: 'of the login',
      ...changes,
    });
    const scopesFrom: Trusted['scopesFrom'] = (claims) => (claims.realm_access as { roles: string[] }).roles;
    const sign = (changes: object = {}) => signer.token(keycloak(changes), { typ: 'JWT' });

    it('are told apart by their profile, and their scopes come from where one says', async () => {
      const { trusted } = await bareServer();
      await start([{ ...trusted, profile: 'keycloak', scopesFrom }]);
      const response = await get(sign());
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({
        issuer: bareIssuer,
        subject: 'ada',
        clientId: 'web',
        scopes: ['parcels:read'],
      });
      expect(await statusOf(sign({ realm_access: { roles: [] } }))).toBe(403);
    });

    it('give out other tokens too, and none of those is an access token', async () => {
      const { trusted } = await bareServer();
      await start([{ ...trusted, profile: 'keycloak', scopesFrom }]);
      for (const typ of ['ID', 'Refresh', 'Offline', 'Logout', 'bearer', undefined, ['Bearer']]) {
        expect(await statusOf(sign({ typ }))).toBe(401);
      }
      for (const change of [
        { azp: undefined },
        { sub: undefined },
        { jti: undefined },
        { aud: ['account'] },
      ]) {
        expect(await statusOf(sign(change))).toBe(401);
      }
      expect(await statusOf(signer.token(keycloak(), { typ: 'logout+jwt' }))).toBe(401);
    });

    it('a service account of theirs is an app', async () => {
      const { trusted } = await bareServer();
      await start([{ ...trusted, profile: 'keycloak', scopesFrom }]);
      const ofDepot = { preferred_username: 'service-account-depot', azp: 'depot', sub: 'depot-account' };
      for (const change of [{ sid: undefined }, { client_id: 'depot' }, { clientHost: '192.0.2.1' }]) {
        const token = sign({ ...ofDepot, ...change });
        expect(await statusOf(token)).toBe(401);
        expect(await (await get(token, '/parcels/for-apps')).json()).toMatchObject({ appId: 'depot' });
      }
      // Anybody may be named like one.
      expect(await statusOf(sign(ofDepot))).toBe(200);
    });

    it('are not let in by another profile, nor others by theirs', async () => {
      const { trusted } = await bareServer();
      await start([trusted, { ...trusted, issuer: 'https://keycloak.example', profile: 'keycloak' }]);
      expect(await statusOf(sign({ client_id: 'web', nonce: undefined }))).toBe(401);
      expect(await statusOf(bareToken({ iss: 'https://keycloak.example' }))).toBe(401);
    });

    it.each<[string, (claims: object) => unknown]>([
      ['throws', () => JSON.parse('{')],
      ['returns nothing', () => undefined],
      ['returns one text', () => 'parcels:read'],
      ['returns something else than texts', () => ['parcels:read', 1]],
      ['returns a promise', async () => ['parcels:read']],
    ])('are refused where scopesFrom %s', async (_, broken) => {
      const { trusted } = await bareServer();
      await start([{ ...trusted, scopesFrom: broken as () => string[] }]);
      expect(await statusOf(bareToken())).toBe(401);
    });
  });

  describe('with a shared secret', () => {
    const secret = 'a secret of thirty-two bytes, or more';
    const hs256 = (by: string | Uint8Array, alg = 'HS256') =>
      compactJws(
        { alg, typ: 'at+jwt', kid: 'any' },
        accessClaims('https://hs.example', audience, clock.now()),
        (input) => createHmac('sha256', by).update(input).digest(),
      );

    it.each([
      ['text', secret],
      ['bytes', Buffer.from(secret)],
    ])('as %s are believed by it alone, and beside others', async (_, sharedSecret) => {
      const { trusted } = await bareServer();
      await start([{ issuer: 'https://hs.example', sharedSecret }, trusted]);
      expect(await statusOf(hs256(secret))).toBe(200);
      expect(await statusOf(hs256(`${secret} `))).toBe(401);
      expect(await statusOf(hs256(secret, 'none'))).toBe(401);
      expect(await statusOf(hs256(secret, 'ES256'))).toBe(401);
      expect(await statusOf(bareToken({ iss: 'https://hs.example' }))).toBe(401);
      const claims = accessClaims(bareIssuer, audience, clock.now());
      const crossed = compactJws({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' }, claims, (input) =>
        createHmac('sha256', secret).update(input).digest(),
      );
      expect(await statusOf(crossed)).toBe(401);
      expect(await statusOf(bareToken())).toBe(200);
    });

    it('need one of 32 bytes, and have no keys besides', async () => {
      const { trusted } = await bareServer();
      for (const options of [{ sharedSecret: 'x'.repeat(31) }, { ...trusted, sharedSecret: secret }]) {
        await expect(start([{ issuer: 'https://hs.example', ...options }])).rejects.toThrow(/sharedSecret/);
      }
    });
  });

  it('by plain http need leave for it, and have it on loopback alone', async () => {
    const { trusted } = await bareServer();
    await expect(start([{ ...trusted, allowHttpOnLoopback: false }])).rejects.toThrow(/https/);
    for (const jwksUri of [
      'http://keys.example/jwks',
      'http://10.0.0.1/jwks',
      'http://127.0.0.1.example/jwks',
      'ftp://127.0.0.1/',
    ]) {
      await expect(start([{ ...trusted, jwksUri }])).rejects.toThrow(/https/);
    }
  });
});
