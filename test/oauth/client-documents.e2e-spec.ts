import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { OAuthClients } from '@portcullis/auth';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { describeOnPlatforms } from '../support/running-app.js';
import { testTls } from '../support/tls.js';
import { Browser } from './browser.js';
import { CALLBACK } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

describeOnPlatforms('clients by the URLs of their documents on %s', (running) => {
  const server = new ServerUnderTest(running);
  /** What is answered at which path, and how often it was asked for. */
  const documents = new Map<string, object>();
  const asked: string[] = [];
  const site = createServer(testTls, (request, response) => {
    asked.push(request.url ?? '');
    const document = documents.get(request.url ?? '');
    response.writeHead(document === undefined ? 404 : 200).end(JSON.stringify(document ?? {}));
  });
  let origin: string;
  beforeAll(async () => {
    if (!site.listening) await once(site.listen(0, '127.0.0.1'), 'listening');
    origin = `https://127.0.0.1:${(site.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    site.close();
    site.closeAllConnections();
  });
  const LIMITS = { scopes: ['parcels:read'], ca: testTls.cert };
  const start = async (clientDocuments?: object, clientNetworks = ['127.0.0.1']) => {
    asked.length = 0;
    await server.start(clientDocuments && { server: { clientDocuments, clientNetworks } });
  };
  const publish = (path: string, document: object = {}) => {
    const clientId = origin + path;
    documents.set(path, {
      ...{ client_id: clientId, client_name: 'Your Bank', redirect_uris: [CALLBACK] },
      ...document,
    });
    return clientId;
  };
  const config = (clientId: string) => server.discover(clientId, client.None());
  /** @returns the page with which it ends where there is no such client */
  const statusOf = async (clientId: string, parameters: Record<string, string> = {}) => {
    const url = client.buildAuthorizationUrl(await config(clientId), {
      redirect_uri: CALLBACK,
      scope: 'openid parcels:read',
      code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()),
      code_challenge_method: 'S256',
      ...parameters,
    });
    return (await new Browser(server.url).fetch(url)).status;
  };

  describe('where they are on', () => {
    beforeEach(() => start(LIMITS));

    it('get what their users agree to, and are known by their hosts', async () => {
      const clientId = publish('/one.json', {
        client_uri: 'https://bank.example',
        logo_uri: 'https://evil.example/x',
      });
      const browser = new Browser(server.url);
      const configuration = await config(clientId);
      const { redeem } = await server.authorize(
        configuration,
        { scope: 'openid offline_access parcels:read parcels:write', prompt: 'consent' },
        browser,
      );
      const tokens = await redeem();
      expect(decodeJwt(tokens.access_token)).toMatchObject({ client_id: clientId, scope: 'parcels:read' });
      expect(browser.asked.at(-1)).toMatchObject({
        ...{ prompt: 'consent', client: { id: clientId, name: new URL(origin).host } },
        scopes: [{ scope: 'openid' }, { scope: 'offline_access' }, { scope: 'parcels:read' }],
      });
      await client.refreshTokenGrant(configuration, tokens.refresh_token as string);
      expect(asked).toEqual(['/one.json']);
    });

    it('are fetched once by all who come at the same time, and again by nobody for a while', async () => {
      const clientId = publish('/many.json');
      const statuses = await Promise.all(Array.from({ length: 10 }, () => statusOf(clientId)));
      expect(statuses).toEqual(Array(10).fill(303));
      const missing = `${origin}/missing.json`;
      for (let count = 0; count < 5; count++) expect(await statusOf(missing)).toBe(503);
      expect(asked).toEqual(['/many.json', '/missing.json']);
    });

    it('are shut out by admins, with what they were given, and make us fetch nothing then', async () => {
      const clientId = publish('/shut-out.json');
      const configuration = await config(clientId);
      const { redeem } = await server.authorize(configuration, {
        scope: 'openid offline_access',
        prompt: 'consent',
      });
      const tokens = await redeem();
      const clients = running.app.get(OAuthClients);
      const disabled = await Promise.all([clients.disable(clientId), clients.disable(clientId)]);
      expect(disabled.sort()).toEqual([false, true]);
      const refresh = client.refreshTokenGrant(configuration, tokens.refresh_token as string);
      await expect(refresh).rejects.toMatchObject({ error: 'invalid_client' });
      expect((await server.me(tokens.access_token)).status).toBe(401);
      const neverAsked = publish('/never-asked.json');
      await clients.disable(neverAsked);
      expect([await statusOf(clientId), await statusOf(neverAsked)]).toEqual([400, 400]);
      expect(asked).toEqual(['/shut-out.json']);
      expect([await clients.enable(clientId), await clients.enable(clientId)]).toEqual([true, false]);
      expect(await statusOf(clientId)).toBe(303);
      expect(await clients.find(clientId)).toBeUndefined();
    });

    it.each([
      ['another client', { client_id: 'https://other.example/one.json' }],
      ['no client', { client_id: undefined }],
      ['a secret', { client_secret: 'x' }],
      ['a secret that is said elsewhere', { token_endpoint_auth_method: 'client_secret_basic' }],
      ['keys elsewhere', { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://10.0.0.1/' }],
      ['a plain redirect', { redirect_uris: ['http://evil.example/'] }],
      ['a wider scope', { scope: 'parcels:write' }],
      ['to act for itself', { grant_types: ['client_credentials'] }],
      ['what is longer than anybody needs', { x: 'x'.repeat(6_000) }],
    ])('are none with %s', async (name, document) => {
      const clientId = publish(`/wrong-${encodeURIComponent(name)}.json`, document);
      expect([400, 503]).toContain(await statusOf(clientId));
    });

    it('come back nowhere but where their document says', async () => {
      expect(await statusOf(publish('/two.json'), { redirect_uri: 'https://evil.example/' })).toBe(400);
    });

    it('are URLs in one spelling alone', async () => {
      publish('/client.json');
      const spellings = [
        ...['/client.json?x=1', '/client.json#x', '/a/../client.json', '/./client.json', '', '/'],
        '/%63lient.json?',
      ].map((path) => origin + path);
      const others = [
        `${origin}/client.json`.replace('https:', 'http:'),
        `${origin}/client.json`.replace('//', '//x:y@'),
      ];
      for (const clientId of [...spellings, ...others]) expect(await statusOf(clientId)).toBe(400);
      expect(asked).toEqual([]);
    });

    it('make us ask no more than so often', async () => {
      const statuses: number[] = [];
      for (let count = 0; count < 25; count++) statuses.push(await statusOf(`${origin}/made-up-${count}`));
      expect(asked).toHaveLength(20);
      expect(statuses.slice(20).every((status) => status === 429 || status === 503)).toBe(true);
    });
  });

  it('lie in no network of ours, of which strangers could have us ask', async () => {
    await start(LIMITS, []);
    const clientId = publish('/inside.json');
    for (const host of ['127.0.0.1', 'localhost'])
      expect(await statusOf(clientId.replace('127.0.0.1', host))).toBe(503);
    expect(asked).toEqual([]);
  });

  it('are of hosts that are named, where some are', async () => {
    await start({ ...LIMITS, hosts: ['clients.example'] });
    expect(await statusOf(publish('/three.json'))).toBe(400);
    expect(asked).toEqual([]);
  });

  it('are none where nobody has turned them on', async () => {
    await start();
    expect(await statusOf(publish('/four.json'))).toBe(400);
    expect(asked).toEqual([]);
  });
});
