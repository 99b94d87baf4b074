import { Controller, Get } from '@nestjs/common';
import {
  AnyScope,
  KeyRing,
  type PortcullisOptions,
  RequireUser,
  Scopes,
  TokenIssuer,
} from '@portcullis/auth';
import { decodeProtectedHeader, type JSONWebKeySet } from 'jose';
import { TestClock } from '../support/clock.js';
import { noStrikes, ownTokens, userWith } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { accessClaims, Signer } from '../support/signer.js';

@RequireUser('parcels:read')
@Controller('parcels')
class ParcelsController {
  @Get()
  list() {
    return 'in';
  }

  @AnyScope('reports:read', 'parcels:audit')
  @Get('reports')
  reports() {
    return 'in';
  }

  @Scopes('parcels:read')
  @Get('twice')
  twice() {
    return 'in';
  }
}

const wellKnown = ['jwks.json', 'oauth-authorization-server', 'oauth-protected-resource'];

describeOnPlatforms('an app as issuer of its own tokens, on %s', (running) => {
  let clock: TestClock;

  const start = async (tokens: object = {}, options: PortcullisOptions = {}) => {
    clock = new TestClock().stop();
    await running.start({
      portcullis: { tokens: { ...ownTokens, ...tokens }, bans: noStrikes, now: clock.now, ...options },
      controllers: [ParcelsController],
    });
  };
  const { get } = running;
  const jsonOf = async <T>(path: string) => (await (await get(path)).json()) as T;
  const kids = async () =>
    (await jsonOf<JSONWebKeySet>('/.well-known/jwks.json')).keys.map(({ kid }) => kid as string);
  const issue = async () =>
    (await running.app.get(TokenIssuer).issue({ subject: 'ada', clientId: 'web', scopes: ['parcels:read'] }))
      .accessToken;
  const kidOf = (token: string) => decodeProtectedHeader(token).kid as string;
  const statusOf = (token: string) => running.statusOf('/parcels', { authorization: `Bearer ${token}` });

  describe('that is left as it is', () => {
    beforeAll(() => start());

    describe.each(wellKnown)('/.well-known/%s', (name) => {
      const path = `/.well-known/${name}`;

      it('is JSON for everybody, to be kept for five minutes, with a validator', async () => {
        const response = await get(path, { authorization: 'Bearer x' });
        expect(response.status).toBe(200);
        expect(response.headers.get('content-type')).toMatch(/^application\/json\b/);
        expect(response.headers.get('cache-control')).toBe('public, max-age=300');
        expect(response.headers.get('etag')).toMatch(/^(W\/)?"[^"]+"$/);
      });

      it('is not sent again to who has it already', async () => {
        const etag = (await get(path)).headers.get('etag') as string;
        for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
          const response = await get(path, { 'if-none-match': known });
          expect(response.status).toBe(304);
          expect(await response.text()).toBe('');
          expect(response.headers.get('etag')).toBe(etag);
          expect(response.headers.get('cache-control')).toBe('public, max-age=300');
        }
        const response = await get(path, { 'if-none-match': '"other"' });
        expect(response.status).toBe(200);
        expect(await response.json()).toEqual(await jsonOf(path));
      });

      it('says the same to who asks for the head alone, known or not', async () => {
        const length = String((await (await get(path)).arrayBuffer()).byteLength);
        const etag = (await get(path)).headers.get('etag') as string;
        for (const [status, headers] of [
          [200, {}],
          [304, { 'if-none-match': etag }],
        ] as const) {
          const response = await running.send('HEAD', path, headers);
          expect([response.status, await response.text()]).toEqual([status, '']);
          expect(response.headers.get('content-length')).toBe(length);
          expect(response.headers.get('etag')).toBe(etag);
        }
      });

      it('has the same validator as long as it is the same', async () => {
        expect((await get(path)).headers.get('etag')).toBe((await get(path)).headers.get('etag'));
      });
    });

    it('its metadata name the issuer to the letter, and where its keys are', async () => {
      const metadata = await jsonOf<Record<string, unknown>>('/.well-known/oauth-authorization-server');
      expect(metadata).toEqual({
        issuer: ownTokens.issuer.url,
        jwks_uri: `${ownTokens.issuer.url}/.well-known/jwks.json`,
      });
    });

    it('every challenge for a token carries the URL of those metadata, and there they are', async () => {
      for (const headers of [{}, { authorization: 'Bearer x' }, await userWith(running.app)]) {
        const response = await get('/parcels', headers);
        expect([401, 403]).toContain(response.status);
        const [, metadata = ''] =
          /resource_metadata="([^"]+)"/.exec(response.headers.get('www-authenticate') ?? '') ?? [];
        const { origin, pathname } = new URL(metadata);
        expect(origin).toBe(ownTokens.issuer.url);
        expect(await jsonOf(pathname)).toMatchObject({ resource: origin });
      }
    });
  });

  it.each(wellKnown)(
    '/.well-known/%s is not there where the app trusts nobody, and issues nothing',
    async (name) => {
      await running.start({ portcullis: { bans: noStrikes } });
      expect((await get(`/.well-known/${name}`)).status).toBe(404);
    },
  );

  it('its metadata as a resource name whose tokens it takes, and every scope that a route demands', async () => {
    const trusted = { issuer: 'https://login.example', jwksUri: 'https://login.example/jwks' };
    await start({ trustedIssuers: [trusted] });
    expect(await jsonOf('/.well-known/oauth-protected-resource')).toEqual({
      resource: ownTokens.issuer.url,
      authorization_servers: [ownTokens.issuer.url, trusted.issuer],
      bearer_methods_supported: ['header'],
      scopes_supported: ['parcels:audit', 'parcels:read', 'reports:read'],
    });
  });

  it('its metadata have no list that would be empty', async () => {
    await running.start({ portcullis: { tokens: ownTokens, bans: noStrikes } });
    for (const name of ['oauth-authorization-server', 'oauth-protected-resource'])
      expect(Object.values(await jsonOf<object>(`/.well-known/${name}`))).not.toContainEqual([]);
    expect(await jsonOf('/.well-known/oauth-protected-resource')).toEqual({
      resource: ownTokens.issuer.url,
      authorization_servers: [ownTokens.issuer.url],
      bearer_methods_supported: ['header'],
    });
  });

  it.each(['/v1', '/parcels/v1', '/a/b/c/d'])(
    'a challenge leads to the metadata of a resource under %s',
    async (path) => {
      await start({ resource: `https://api.example${path}` });
      const challenge = (await get('/parcels')).headers.get('www-authenticate') ?? '';
      const [, metadata = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? [];
      expect(metadata).toBe(`https://api.example/.well-known/oauth-protected-resource${path}`);
      expect(await jsonOf(new URL(metadata).pathname)).toMatchObject({
        resource: `https://api.example${path}`,
      });
    },
  );

  it('an app that takes only the tokens of others has metadata as a resource, if it is told its URL', async () => {
    const trusted = { issuer: 'https://login.example', jwksUri: 'https://login.example/jwks' };
    const tokens = { audience: 'x', trustedIssuers: [trusted] };
    await start({}, { tokens: { ...tokens, resource: 'https://api.example' } });
    expect((await get('/parcels')).headers.get('www-authenticate')).toBe(
      'Bearer realm="api", resource_metadata="https://api.example/.well-known/oauth-protected-resource"',
    );
    expect(await jsonOf('/.well-known/oauth-protected-resource')).toMatchObject({
      resource: 'https://api.example',
      authorization_servers: ['https://login.example'],
    });
    expect((await get('/.well-known/jwks.json')).status).toBe(404);
    expect((await get('/.well-known/oauth-authorization-server')).status).toBe(404);
    await running.close();

    await start({}, { tokens });
    expect((await get('/parcels')).headers.get('www-authenticate')).toBe('Bearer realm="api"');
    expect((await get('/.well-known/oauth-protected-resource')).status).toBe(404);
  });

  it('the next key is published before it signs; the last one stays until its tokens have expired', async () => {
    await start();
    const before = await issue();
    const etag = (await get('/.well-known/jwks.json')).headers.get('etag') as string;
    const next = await running.app.get(KeyRing).rotate();
    expect(await kids()).toEqual([kidOf(before), next]);
    expect((await get('/.well-known/jwks.json', { 'if-none-match': etag })).status).toBe(200);
    clock.forward(899);
    const last = await issue();
    expect(kidOf(last)).toBe(kidOf(before));
    clock.forward(1);

    const after = await issue();
    expect(kidOf(after)).toBe(next);
    expect([await statusOf(last), await statusOf(after)]).toEqual([200, 200]);
    expect(await kids()).toEqual([kidOf(before), next]);

    clock.forward(86_400 + 10);
    expect(await kids()).toEqual([next]);
    expect(await statusOf(await issue())).toBe(200);
  });

  it('a call to rotate while the next key waits makes no third one', async () => {
    await start();
    const next = await running.app.get(KeyRing).rotate();
    expect(await running.app.get(KeyRing).rotate()).toBe(next);
    expect(await kids()).toHaveLength(2);
  });

  it('rotates by its schedule, without a token being refused on the way', async () => {
    await start({ issuer: { ...ownTokens.issuer, rotateEverySeconds: 3_600 } });
    const seen = new Set<string>();
    let previous = await issue();
    for (let step = 0; step < 40; step++) {
      clock.forward(600);
      const published = await kids();
      const token = await issue();
      expect(published).toContain(kidOf(token));
      expect([await statusOf(previous), await statusOf(token)]).toEqual([200, 200]);
      seen.add(kidOf(token));
      previous = token;
    }
    expect(seen.size).toBeGreaterThanOrEqual(6);
  });

  it('who asks for another key is on record', async () => {
    await start();
    const who = { actor: 'root', address: '192.0.2.1', requestId: 'r1' };
    const ring = running.app.get(KeyRing);
    const kid = await ring.rotate(who);
    // It waits to sign, so nothing happens.
    expect(await ring.rotate(who)).toBe(kid);
    const fresh = await ring.replace(who);
    await ring.replace();
    expect(running.events.all.filter(({ type }) => type.startsWith('signing-keys.'))).toEqual([
      { type: 'signing-keys.rotated', kid, ...who },
      { type: 'signing-keys.replaced', kid: fresh, ...who },
      { type: 'signing-keys.replaced', kid: expect.any(String) },
    ]);
  });

  it('once its key is replaced, every token so far is refused at once, proven before or not', async () => {
    await start();
    const [known, unknown] = [await issue(), await issue()];
    expect(await statusOf(known)).toBe(200);
    await running.app.get(KeyRing).rotate();
    const fresh = await running.app.get(KeyRing).replace();
    expect(await kids()).toEqual([fresh]);
    for (const token of [known, unknown]) {
      const response = await get('/parcels', { authorization: `Bearer ${token}` });
      expect(response.status).toBe(401);
      expect((await problemIn(response)).code).toBe('invalid_token');
    }
    expect(await statusOf(await issue())).toBe(200);
  });

  it('a key of the configuration signs as it is, and is neither rotated nor replaced', async () => {
    const signer = new Signer('ES256', 'of-the-team');
    const signingKey = { ...signer.privateKey.export({ format: 'jwk' }), alg: 'ES256', kid: 'of-the-team' };
    await start({ issuer: { ...ownTokens.issuer, signingKey } });
    expect(kidOf(await issue())).toBe('of-the-team');
    expect(JSON.stringify(await jsonOf('/.well-known/jwks.json'))).not.toContain('"d"');
    const { issuer, audience } = { issuer: ownTokens.issuer.url, audience: ownTokens.audience };
    expect(await statusOf(signer.token(accessClaims(issuer, audience, clock.now())))).toBe(200);
    await expect(running.app.get(KeyRing).rotate()).rejects.toThrow(/configur|signingKey/);
    await expect(running.app.get(KeyRing).replace()).rejects.toThrow(/configur|signingKey/);
    clock.forward(10_000_000);
    expect(kidOf(await issue())).toBe('of-the-team');
    expect(await kids()).toEqual(['of-the-team']);
  });
});
