import { MemoryReplaySet } from '@portcullis/auth';
import { type ProofChanges, TestClock, TestProofKey } from '@portcullis/testing';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { describeOnPlatforms } from '../support/running-app.js';
import { Browser } from './browser.js';
import { CALLBACK, CLIENTS, SECRET } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

const EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
};
const MACHINE = { grant_type: 'client_credentials', scope: 'parcels:read' };

describeOnPlatforms('tokens that are bound by the authorization server on %s', (running) => {
  const server = new ServerUnderTest(running);
  const clients = [
    ...CLIENTS,
    {
      ...{ clientId: 'backend', name: 'A Backend', kind: 'machine' as const, mayExchange: true },
      ...{ scopes: ['parcels:read'], secrets: [SECRET] },
    },
  ];
  const key = new TestProofKey();
  const proof = (nonce?: string, url = `${server.url}/oauth/token`) =>
    key.proof({ method: 'POST', url, ...(nonce !== undefined && { nonce }) });
  const ask = (fields: Record<string, string>, dpop: string) =>
    running.fetch('/oauth/token', {
      method: 'POST',
      headers: { dpop },
      body: new URLSearchParams({ client_id: 'backend', client_secret: SECRET, ...fields }),
    });
  const said = async (response: Response) =>
    (await response.json()) as { error: string; access_token: string; token_type: string };

  describe('that demands nonces', () => {
    beforeAll(() =>
      server.start({ portcullis: { binding: { nonce: 'demand' } } as never, server: { clients } }),
    );

    it.each(['client credentials', 'an exchange'])('need one of ours: %s', async (grant) => {
      const fields =
        grant === 'an exchange'
          ? { ...EXCHANGE, subject_token: await new Browser(server.url).logIn(), scope: 'parcels:read' }
          : MACHINE;
      const refused = await ask(fields, proof());
      const nonce = refused.headers.get('dpop-nonce') ?? '';
      expect([refused.status, (await said(refused)).error, nonce]).toEqual([
        400,
        'use_dpop_nonce',
        expect.stringMatching(/^[\w-]{43}$/),
      ]);
      const used = proof(nonce);
      const [good, again] = [await ask(fields, used), await ask(fields, used)];
      const { access_token, token_type } = await said(good);
      expect([good.status, token_type, decodeJwt(access_token).cnf]).toEqual([200, 'DPoP', key.confirmation]);
      expect(again.status).toBe(400);
      expect((await said(await ask(fields, proof('x'.repeat(43))))).error).toBe('use_dpop_nonce');
    });

    it('are what a real client gets, that keeps one nonce for server and API', async () => {
      const config = await server.discover('pages');
      const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));
      const { redeem } = await server.authorize(config);
      const { refresh_token = '' } = await redeem({ DPoP });
      const asked: number[] = [];
      config[client.customFetch] = async (url, options) => {
        const response = await fetch(url, options as RequestInit);
        asked.push(response.status);
        return response;
      };
      await client.refreshTokenGrant(config, refresh_token, undefined, { DPoP });
      expect(asked).toEqual([200]);
    });
  });

  it('have one kind of nonces at the server and at the API', async () => {
    const portcullis = { binding: { nonce: 'demand' } } as const;
    await server.start({
      portcullis: (url) => ({ ...portcullis, publicOrigins: [url] }),
      server: { clients },
    });
    const first = await ask(MACHINE, proof());
    const nonce = first.headers.get('dpop-nonce') ?? '';
    const { access_token: accessToken } = await said(await ask(MACHINE, proof(nonce)));
    const headers = key.headers({ method: 'GET', url: `${server.url}/app`, accessToken, nonce });
    expect(await running.statusOf('/app', headers)).toBe(200);
  });

  it('count each proof once, at whatever endpoint, for as long as it is accepted', async () => {
    const [replays, kept] = [new MemoryReplaySet(), new Map<string, number>()];
    const firstUse = (id: string, seconds: number) => {
      kept.set(id, seconds);
      return replays.firstUse(id, seconds);
    };
    await server.start({
      portcullis: { binding: { replays: { firstUse } } } as never,
      server: { clients },
    });
    const exchange = {
      ...EXCHANGE,
      subject_token: await new Browser(server.url).logIn(),
      scope: 'parcels:read',
    };
    for (const order of [
      [MACHINE, exchange],
      [exchange, MACHINE],
    ]) {
      const used = proof();
      const first = await ask(order[0] as typeof MACHINE, used);
      const second = await ask(order[1] as typeof MACHINE, used);
      expect([first.status, second.status]).toEqual([200, 400]);
    }
    kept.clear();
    expect((await ask(MACHINE, proof())).status).toBe(200);
    const ofProofs = [...kept].filter(([id]) => id.startsWith('dpop ')).map(([, seconds]) => seconds);
    expect(ofProofs).toEqual([expect.closeTo(65, -1.5)]);
  });

  describe('need a proof that the API would take as well', () => {
    const clock = new TestClock();
    const now = () => Math.floor(clock.now() / 1000);
    beforeAll(() =>
      server.start({
        portcullis: { now: clock.now, binding: { maxAgeSeconds: 100, clockToleranceSeconds: 20 } } as never,
        server: { clients },
      }),
    );
    const at = (path: string, changes: ProofChanges, nonce?: string) =>
      key.proof(
        { method: 'POST', url: `${server.url}${path}`, ...(nonce !== undefined && { nonce }) },
        changes,
      );
    const refusal = async (response: Response) => ({
      error: (await said(response)).error,
      nonce: response.headers.get('dpop-nonce') ?? undefined,
    });
    const ENDPOINTS: Record<string, (dpop: string) => Promise<Response>> = {
      '/oauth/token': (dpop) => ask(MACHINE, dpop),
      '/oauth/par': (dpop) =>
        running.fetch('/oauth/par', {
          ...{ method: 'POST', headers: { dpop } },
          body: new URLSearchParams({
            ...{ client_id: 'pages', response_type: 'code', redirect_uri: CALLBACK, scope: 'openid' },
            ...{ code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' },
          }),
        }),
    };

    it.each(Object.keys(ENDPOINTS))('by its time, or else by a nonce: %s', async (path) => {
      const send = ENDPOINTS[path] as (typeof ENDPOINTS)[string];
      for (const seconds of [-140, 60]) {
        const claims = { iat: now() + seconds };
        const { error, nonce } = await refusal(await send(at(path, { claims })));
        expect([seconds, error, nonce]).toEqual([seconds, 'use_dpop_nonce', expect.any(String)]);
        expect((await send(at(path, { claims }, nonce))).status).toBeLessThan(300);
      }
      for (const seconds of [-60, 15])
        expect((await send(at(path, { claims: { iat: now() + seconds } }))).status).toBeLessThan(300);
    });

    it('by a nonce that is not older than the API takes', async () => {
      const first = await refusal(await ask(MACHINE, at('/oauth/token', { claims: { iat: 0 } })));
      clock.forward(121);
      const late = at('/oauth/token', { claims: { iat: now() } }, first.nonce);
      const { error, nonce } = await refusal(await ask(MACHINE, late));
      expect([error, nonce === first.nonce]).toEqual(['use_dpop_nonce', false]);
    });

    it.each<[string, ProofChanges]>([
      ['a key of somewhere else', { header: { jku: 'https://client.example/keys' } }],
      ['an endless id', { claims: { jti: 'x'.repeat(129) } }],
      ['a time that is none', { claims: { iat: '1' } }],
    ])('that is as strict: %s', async (_, changes) => {
      const sound = { iat: now(), ...changes.claims };
      const { error } = await refusal(await ask(MACHINE, at('/oauth/token', { ...changes, claims: sound })));
      expect(error).toBe('invalid_dpop_proof');
    });
  });

  it('count a proof once, whatever its second request says to hold', async () => {
    await server.start({ server: { clients } });
    const config = await server.discover('pages');
    const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));
    const { access_token } = await (await server.authorize(config)).redeem({ DPoP });
    let proven: Headers | undefined;
    config[client.customFetch] = (url, options) => {
      proven = new Headers(options.headers);
      return fetch(url, options as RequestInit);
    };
    const url = new URL(`${server.url}/oauth/userinfo`);
    const none = [undefined, undefined] as const;
    const first = await client.fetchProtectedResource(config, access_token, url, 'POST', ...none, { DPoP });
    const body = new URLSearchParams({ client_assertion: 'x' });
    const headers = { dpop: `${proven?.get('dpop')}`, authorization: `${proven?.get('authorization')}` };
    const again = await fetch(url, { method: 'POST', headers, body });
    expect([first.status, again.status]).toEqual([200, 401]);
  });

  it('work with proofs of their key alone, and so do their refresh tokens', async () => {
    await server.start({ server: { clients } });
    const config = await server.discover('pages');
    const keys = await client.randomDPoPKeyPair('ES256');
    const DPoP = client.getDPoPHandle(config, keys);
    const { redeem } = await server.authorize(config);
    const tokens = await redeem({ DPoP });
    expect(tokens.token_type).toBe('dpop');
    expect(decodeJwt(tokens.access_token)).toMatchObject({ cnf: { jkt: expect.any(String) } });
    expect((await server.me(tokens.access_token)).status).toBe(401);
    const again = client.refreshTokenGrant(config, tokens.refresh_token as string);
    await expect(again).rejects.toMatchObject({ error: 'invalid_grant' });
    const others = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));
    await expect(
      client.refreshTokenGrant(config, tokens.refresh_token as string, undefined, { DPoP: others }),
    ).rejects.toMatchObject({ error: 'invalid_grant' });
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token as string, undefined, {
      DPoP,
    });
    expect(refreshed.token_type).toBe('dpop');
  });

  it('are told of in the metadata', async () => {
    await server.start({ portcullis: { binding: { algorithms: ['ES256', 'EdDSA'] } } as never });
    const document = await (await running.fetch('/.well-known/oauth-authorization-server')).json();
    expect(document).toMatchObject({
      dpop_signing_alg_values_supported: ['ES256', 'EdDSA'],
      tls_client_certificate_bound_access_tokens: true,
    });
    const other = new TestProofKey('EdDSA').proof({ method: 'POST', url: `${server.url}/oauth/token` });
    expect((await ask({ ...MACHINE, client_id: 'robot' }, other)).status).toBe(200);
  });
});
