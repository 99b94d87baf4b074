import { ApiKeyService, OAuthClients, type SecurityEvent, SecurityEvents } from '@portcullis/auth';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { describeOnPlatforms } from '../support/running-app.js';
import { Browser } from './browser.js';
import { CALLBACK } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

const WEB = { client_name: 'A Partner', redirect_uris: [CALLBACK], scope: 'openid parcels:read' };

type Answer = Record<string, string> & { readonly redirect_uris: string[] };

describeOnPlatforms('clients that register themselves on %s', (running) => {
  const server = new ServerUnderTest(running);
  let initial: string;
  let events: SecurityEvent[];

  const call = (method: string, url: string, token?: string, body?: unknown): Promise<Response> =>
    fetch(url, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  const register = (body: unknown, token: string | undefined = initial) =>
    call('POST', `${server.url}/oauth/register`, token, body);
  const registered = async (body: object): Promise<Answer> => {
    const response = await register(body);
    expect(response.status).toBe(201);
    return (await response.json()) as Answer;
  };
  const start = async (registration?: object) => {
    await server.start(registration && { server: { registration } });
    events = [];
    running.app.get(SecurityEvents).subscribe((event) => events.push(event));
    const keys = running.app.get(ApiKeyService);
    initial = (await keys.create({ appId: 'desk', name: 'desk', scopes: ['clients:register'] })).key;
  };

  describe('where it is on', () => {
    beforeEach(() => start({ scopes: ['parcels:read'] }));

    it('get an id and a secret, and use them through a real client', async () => {
      const config = await client.dynamicClientRegistration(new URL(server.url), WEB, undefined, {
        initialAccessToken: initial,
        execute: [client.allowInsecureRequests],
      });
      const { client_id: clientId, client_secret: secret } = config.clientMetadata();
      expect(clientId).toMatch(/^client_\w{16}$/);
      const browser = new Browser(server.url);
      const { redeem } = await server.authorize(
        config,
        { scope: 'openid parcels:read parcels:write' },
        browser,
      );
      expect(decodeJwt((await redeem()).access_token)).toMatchObject({
        client_id: clientId,
        scope: 'parcels:read',
      });
      // Anybody could have named it: people read where it leads them.
      expect(browser.asked.at(-1)).toMatchObject({
        ...{ prompt: 'consent', client: { name: 'A Partner', redirect_host: 'client.example' } },
      });
      expect(await running.app.get(OAuthClients).find(clientId)).toMatchObject({ isRegistered: true });
      expect(events.find(({ type }) => type === 'oauth-client.registered')).toMatchObject({
        ...{ clientId, name: 'A Partner', address: '127.0.0.1', actor: expect.any(String) },
      });
      expect(JSON.stringify(events)).not.toContain(secret);
      expect(JSON.stringify(events)).not.toContain(initial);
    });

    it('are managed by a token of their own, and by nobody else’s', async () => {
      const [one, other] = [await registered(WEB), await registered({ ...WEB, client_name: 'Another' })];
      const { client_id: clientId = '', registration_client_uri: uri = '' } = one;
      const own = one.registration_access_token;
      const read = (await (await call('GET', uri, own)).json()) as Answer;
      expect(read).toMatchObject({ client_id: clientId, client_name: 'A Partner' });
      expect(read).not.toHaveProperty('client_secret');
      for (const wrong of [undefined, other.registration_access_token, initial, one.client_secret, `${own}x`])
        for (const method of ['GET', 'PUT', 'DELETE'])
          expect((await call(method, uri, wrong, method === 'PUT' ? WEB : undefined)).status).toBe(401);
      const changed = await call('PUT', uri, own, {
        ...{ ...WEB, client_id: clientId, client_name: 'Renamed' },
        redirect_uris: ['https://client.example/other'],
      });
      expect(await changed.json()).toMatchObject({ redirect_uris: ['https://client.example/other'] });
      for (const wrong of [
        WEB,
        { ...WEB, client_id: other.client_id },
        { ...WEB, client_id: clientId, token_endpoint_auth_method: 'none' },
        { ...WEB, client_id: clientId, scope: 'parcels:write' },
        { ...WEB, client_id: clientId, redirect_uris: ['http://evil.example/'] },
      ])
        expect((await call('PUT', uri, own, wrong)).status).toBe(400);
      expect((await call('DELETE', uri, own)).status).toBe(204);
      expect(await running.app.get(OAuthClients).find(clientId)).toBeUndefined();
      expect((await call('GET', uri, own)).status).toBe(401);
    });

    it('manage nothing once an admin has disabled or deleted them', async () => {
      const clients = running.app.get(OAuthClients);
      for (const end of ['disable', 'delete'] as const) {
        const made = await registered(WEB);
        await clients[end](made.client_id ?? '');
        const { registration_client_uri: uri = '', registration_access_token: token } = made;
        expect((await call('PUT', uri, token, { ...WEB, client_id: made.client_id })).status).toBe(401);
      }
    });

    it('need a token that says so', async () => {
      const keys = running.app.get(ApiKeyService);
      const { key } = await keys.create({ appId: 'desk', name: 'x', scopes: ['parcels:*'] });
      const none = await call('POST', `${server.url}/oauth/register`, undefined, WEB);
      expect([none.status, none.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringMatching(/^Bearer/),
      ]);
      expect((await register(WEB, key)).status).toBe(403);
      expect((await register(WEB, 'made.up.token')).status).toBe(401);
      // A token that its user has given to a client is none of the user's own.
      const { redeem } = await server.authorize(await server.discover('pages'));
      expect((await register(WEB, (await redeem()).access_token)).status).toBe(403);
      expect((await running.app.get(OAuthClients).list()).clients).toEqual([]);
    });

    it.each([
      ['a redirect to plain http', { redirect_uris: ['http://client.example/'] }, 'invalid_redirect_uri'],
      ['a redirect with a wildcard', { redirect_uris: ['https://*.example/'] }, 'invalid_redirect_uri'],
      ['a redirect with a fragment', { redirect_uris: ['https://a.example/#x'] }, 'invalid_redirect_uri'],
      ['no redirect', { redirect_uris: [] }, 'invalid_redirect_uri'],
      ['redirects that are no texts', { redirect_uris: [{}] }, 'invalid_client_metadata'],
      ['redirects that are no list', { redirect_uris: CALLBACK }, 'invalid_client_metadata'],
      ['very many redirects', { redirect_uris: Array(100).fill(CALLBACK) }, 'invalid_redirect_uri'],
      ['a wider scope', { scope: 'parcels:*' }, 'invalid_client_metadata'],
      ['another scope', { scope: 'parcels:write' }, 'invalid_client_metadata'],
      ['a scope that is no text', { scope: ['parcels:read'] }, 'invalid_client_metadata'],
      ['to act for itself', { grant_types: ['client_credentials'] }, 'invalid_client_metadata'],
      [
        'to exchange tokens',
        { grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:token-exchange'] },
        'invalid_client_metadata',
      ],
      [
        'the implicit flow',
        { grant_types: ['implicit'], response_types: ['token'] },
        'invalid_client_metadata',
      ],
      ['another response', { response_types: ['code', 'token'] }, 'invalid_client_metadata'],
      [
        'an authentication that is none',
        { token_endpoint_auth_method: 'constructor' },
        'invalid_client_metadata',
      ],
      ['to have us ask for its keys', { jwks_uri: 'https://10.0.0.1/' }, 'invalid_client_metadata'],
      ['to have us tell it', { backchannel_logout_uri: 'https://10.0.0.1/' }, 'invalid_client_metadata'],
      ['a name that can’t be seen', { client_name: 'Bank\u202e' }, 'invalid_client_metadata'],
      ['a long name', { client_name: 'x'.repeat(200) }, 'invalid_client_metadata'],
      [
        'private keys',
        { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ kty: 'oct', k: 'x' }] } },
        'invalid_client_metadata',
      ],
    ])('can not have %s', async (_, part, error) => {
      const response = await register({ ...WEB, ...part });
      expect([response.status, await response.json()]).toEqual([400, expect.objectContaining({ error })]);
      expect((await running.app.get(OAuthClients).list()).clients).toEqual([]);
    });

    it('choose neither their id nor their secret, nor that people are not asked', async () => {
      const made = await registered({
        ...{ ...WEB, client_id: 'shop', client_secret: 'chosen', consent: 'skip', isRegistered: false },
        ...{ mayExchange: true, actor: 'ops', grantable: ['*'], scopes: ['parcels:*'], kind: 'machine' },
      });
      expect(made.client_id).not.toBe('shop');
      expect(made.client_secret).not.toBe('chosen');
      expect(await running.app.get(OAuthClients).find(made.client_id ?? '')).toMatchObject({
        ...{ consent: 'ask', mayExchange: false, kind: 'web', isRegistered: true, scopes: ['parcels:read'] },
      });
    });

    it.each([
      ['nothing', ''],
      ['no JSON', '{'],
      ['a list', '[]'],
      ['very much', JSON.stringify({ ...WEB, client_uri: 'x'.repeat(20_000) })],
    ])('are not made of %s', async (_, body) => {
      expect((await register(body)).status).toBe(400);
    });

    it('are told from others by whoever lets one in as a device', async () => {
      const grant_types = ['urn:ietf:params:oauth:grant-type:device_code'];
      const own = { client_name: 'Your Bank', grant_types, token_endpoint_auth_method: 'none' };
      const { client_id = '' } = await registered({ ...own, scope: 'parcels:read' });
      const questions = [];
      for (const name of [client_id, 'scale']) {
        const config = await server.discover(name, client.None());
        const { user_code } = await client.initiateDeviceAuthorization(config, { scope: 'parcels:read' });
        const { question } = await new Browser(server.url).typeCode(user_code);
        questions.push(question.includes('Nobody here has checked who'));
      }
      expect(questions).toEqual([true, false]);
    });

    it('are not registered from one address all the time', async () => {
      const statuses: number[] = [];
      for (let count = 0; count < 22; count++) statuses.push((await register('{')).status);
      expect(statuses.slice(0, 20)).toEqual(Array(20).fill(400));
      expect(statuses.at(-1)).toBe(429);
    });
  });

  it('are no more than there may be, also when they come at once', async () => {
    await start({ openTo: 'everybody', maxClients: 3 });
    const all = await Promise.all(Array.from({ length: 6 }, () => register({ ...WEB, scope: 'openid' })));
    expect(all.map(({ status }) => status).sort()).toEqual([201, 201, 201, 400, 400, 400]);
  });

  it('may be anybody where that is said', async () => {
    await start({ openTo: 'everybody' });
    const none = await call('POST', `${server.url}/oauth/register`, undefined, {
      redirect_uris: ['http://127.0.0.1/callback'],
      token_endpoint_auth_method: 'none',
    });
    expect(await none.json()).toMatchObject({
      application_type: 'native',
      scope: expect.not.stringMatching('parcels'),
    });
  });

  it('are none where nobody has turned it on', async () => {
    await start();
    expect((await register(WEB)).status).toBe(404);
    const metadata = await (await fetch(`${server.url}/.well-known/oauth-authorization-server`)).json();
    expect(metadata).not.toHaveProperty('registration_endpoint');
    expect(metadata).toMatchObject({ client_id_metadata_document_supported: false });
  });
});
