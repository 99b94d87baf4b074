import { randomUUID } from 'node:crypto';
import { OAuthClients, OAuthConsents, RevocationService, SessionService } from '@portcullis/auth';
import { TestClock } from '@portcullis/testing';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { describeOnPlatforms } from '../support/running-app.js';
import { Users } from '../support/users.js';
import { Browser } from './browser.js';
import { API, CALLBACK, CLIENTS, SECRET } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const PARTNER = 'https://partner.example';

const TOO_MUCH = { error: 'invalid_scope' };

describeOnPlatforms('the grants on %s', (running) => {
  const server = new ServerUnderTest(running);
  const clock = new TestClock();
  beforeAll(async () => {
    await server.start({
      portcullis: { now: clock.now, publicOrigins: [] },
      server: {
        clients: [
          ...CLIENTS,
          {
            clientId: 'backend',
            name: 'A Backend',
            kind: 'machine',
            consent: 'skip',
            mayExchange: true,
            scopes: ['parcels:read', 'orders:*'],
            secrets: [SECRET],
          },
          {
            clientId: 'tiny',
            name: 'A Sensor',
            kind: 'device',
            claims: 'compact',
            accessTokenSeconds: 60,
            scopes: ['parcels:*'],
          },
        ],
        resources: {
          [PARTNER]: {
            scopes: { 'orders:read': 'See your orders' },
            accessTokenSeconds: 120,
            introspectedBy: ['robot'],
          },
        },
      },
    });
  });

  it('describes itself in one document, at both places', async () => {
    const documents = await Promise.all(
      ['oauth-authorization-server', 'openid-configuration'].map(async (name) =>
        (await running.fetch(`/.well-known/${name}`)).json(),
      ),
    );
    expect(documents[0]).toEqual(documents[1]);
    expect(documents[0]).toMatchObject({
      issuer: server.url,
      jwks_uri: `${server.url}/.well-known/jwks.json`,
      token_endpoint: `${server.url}/oauth/token`,
      code_challenge_methods_supported: ['S256'],
    });
    for (const [name, value] of Object.entries(documents[0] as object)) {
      if (!name.endsWith('_endpoint')) continue;
      const { pathname } = new URL(value);
      const statuses = [
        await running.statusOf(pathname),
        (await running.send('POST', pathname, {}, {})).status,
      ];
      expect([name, statuses]).not.toEqual([name, [404, 404]]);
    }
  });

  describe('client credentials', () => {
    it('give a machine what is written down for it, as an app', async () => {
      const config = await server.discover('robot');
      const tokens = await client.clientCredentialsGrant(config, { scope: 'parcels:read parcels:write' });
      expect(decodeJwt(tokens.access_token)).toMatchObject({
        sub: 'robot',
        client_id: 'robot',
        scope: 'parcels:read',
      });
      const bearer = { authorization: `Bearer ${tokens.access_token}` };
      expect(await (await running.get('/app', bearer)).json()).toEqual({
        appId: 'robot',
        scopes: ['parcels:read'],
      });
      expect(await running.statusOf('/me', bearer)).toBe(401);
    });

    it('are for machines alone, which prove themselves', async () => {
      const wrong = await server.discover('robot', client.ClientSecretPost('wrong'.repeat(10)));
      await expect(client.clientCredentialsGrant(wrong)).rejects.toMatchObject({
        error: 'invalid_client',
        status: 401,
      });
      await expect(client.clientCredentialsGrant(await server.discover('shop'))).rejects.toMatchObject({
        error: 'invalid_request',
      });
      const bare = await server.discover('robot', client.None());
      await expect(client.clientCredentialsGrant(bare)).rejects.toMatchObject({ error: 'invalid_client' });
    });

    it('give tokens that introspection and revocation know', async () => {
      const config = await server.discover('robot');
      const { access_token } = await client.clientCredentialsGrant(config, { scope: 'parcels:read' });
      expect(await client.tokenIntrospection(config, access_token)).toMatchObject({
        active: true,
        client_id: 'robot',
        scope: 'parcels:read',
        aud: API,
        iss: server.url,
      });
      expect(await client.tokenIntrospection(await server.discover('shop'), access_token)).toEqual({
        active: false,
      });
      // The API that a token is for may ask as well, and learns nothing of those of others.
      const gateway = await server.discover('gateway');
      expect(await client.tokenIntrospection(gateway, access_token)).toMatchObject({
        active: true,
        aud: API,
      });
      await client.tokenRevocation(await server.discover('shop'), access_token);
      expect(await running.statusOf('/app', { authorization: `Bearer ${access_token}` })).toBe(200);
      await client.tokenRevocation(config, access_token);
      expect(await running.statusOf('/app', { authorization: `Bearer ${access_token}` })).toBe(401);
      expect(await client.tokenIntrospection(config, access_token)).toEqual({ active: false });
    });

    it('never make a user who is named like a client', async () => {
      const users = running.app.get(Users, { strict: false });
      await users.add('robot');
      await expect(
        server.authorize(await server.discover('pages'), {}, new Browser(server.url, 'robot')),
      ).rejects.toThrow(/./);
    });
  });

  describe('the device flow', () => {
    const start = async (clientId = 'scale', parameters: Record<string, string> = {}) => {
      const config = await server.discover(clientId, client.None());
      const device = await client.initiateDeviceAuthorization(config, {
        scope: 'openid offline_access parcels:read',
        ...parameters,
      });
      const ask = () => client.genericGrantRequest(config, DEVICE_CODE, { device_code: device.device_code });
      return { config, device, ask };
    };
    const type = (code: string, answer?: Record<string, string>, browser = new Browser(server.url)) =>
      browser.typeCode(code, answer);

    it('lets a device in, when its user has logged in, seen what it asks for, and agreed', async () => {
      const { device, ask } = await start();
      expect(device.user_code).toMatch(/^[A-Z]{4}-[A-Z]{4}$/);
      await expect(ask()).rejects.toMatchObject({ error: 'authorization_pending' });
      await expect(ask()).rejects.toMatchObject({ error: 'slow_down' });
      clock.forward(10);
      // People type it as they like.
      const { text, question } = await type(device.user_code.toLowerCase().replace('-', ' '));
      expect(question).toContain('A Scale');
      expect(question).toContain('See your parcels');
      expect(text).toContain('The device is let in');
      const tokens = await ask();
      const { status } = await server.me(tokens.access_token);
      expect([status, tokens.refresh_token]).toEqual([200, expect.any(String)]);
      await expect(ask()).rejects.toMatchObject({ error: 'invalid_grant' });
    });

    it('has codes that are used once, on whatever instance', async () => {
      const { device, ask } = await start();
      await type(device.user_code);
      const all = await Promise.allSettled([1, 2, 3, 4, 5].map(ask));
      expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('confirms by no link alone, and by no page of others', async () => {
      const { device, ask } = await start();
      const browser = new Browser(server.url);
      const page = (await browser.visit(device.verification_uri_complete as string)) as Response;
      const text = await page.text();
      expect(text).toContain(`value="${device.user_code}"`);
      expect(text).not.toMatch(/name="confirm"|<script/);
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
      const forged = await browser.fetch(`${server.url}/oauth/device`, {
        method: 'POST',
        body: new URLSearchParams({ xsrf: 'forged', user_code: device.user_code, confirm: 'yes' }),
      });
      expect(await forged.text()).not.toContain('let in.');
      clock.forward(10);
      await expect(ask()).rejects.toMatchObject({ error: 'authorization_pending' });
    });

    it('can be declined', async () => {
      const { device, ask } = await start();
      expect((await type(device.user_code, { abort: 'yes' })).text).toContain('was not let in');
      await expect(ask()).rejects.toMatchObject({ error: 'access_denied' });
    });

    it('lets nobody guess: after five wrong codes the right one is none either', async () => {
      const { device } = await start();
      const browser = new Browser(server.url);
      for (const letter of 'BCDFG')
        expect((await type(`${letter.repeat(4)}-BBBB`, {}, browser)).text).toContain('unknown');
      const { status, text } = await type(device.user_code, { confirm: 'yes' }, browser);
      expect([status, text]).toEqual([429, expect.stringContaining('ten minutes')]);
      expect(
        running.events.of('request.refused').filter(({ code }) => code === 'oauth_refused').length,
      ).toBeGreaterThan(4);
      clock.forward(700);
    });

    it('lets nobody guess in any ten minutes, wherever they begin', async () => {
      const { device } = await start();
      const browser = new Browser(server.url);
      clock.forward(600 - (Math.floor(clock.now() / 1000) % 600) - 10);
      for (const letter of 'BCD') await type(`${letter.repeat(4)}-BBBB`, {}, browser);
      clock.forward(20);
      for (const letter of 'FG') await type(`${letter.repeat(4)}-BBBB`, {}, browser);
      expect((await type(device.user_code, {}, browser)).status).toBe(429);
      clock.forward(580);
      expect((await type('JJJJ-BBBB', {}, browser)).text).toContain('unknown');
      clock.forward(700);
    });

    it('gives nothing to a user who is disabled by then', async () => {
      const { device, ask } = await start();
      const users = running.app.get(Users, { strict: false });
      await users.add('eve');
      await type(device.user_code, { confirm: 'yes' }, new Browser(server.url, 'eve'));
      await users.add('eve', { isDisabled: true });
      await expect(ask()).rejects.toMatchObject({ error: 'invalid_grant' });
    });

    it('gives small tokens to small devices', async () => {
      const { device, ask } = await start('tiny', { scope: 'offline_access parcels:read' });
      await type(device.user_code);
      const { access_token, expires_in } = await ask();
      const [, claims = ''] = access_token.split('.');
      expect(Buffer.from(claims, 'base64url').length).toBeLessThanOrEqual(300);
      expect([expires_in, (await server.me(access_token)).status]).toEqual([60, 200]);
    });
  });

  it('takes pushed requests, once', async () => {
    const config = await server.discover('shop');
    const parameters = {
      redirect_uri: CALLBACK,
      scope: 'openid parcels:read',
      code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()),
      code_challenge_method: 'S256',
    };
    const url = await client.buildAuthorizationUrlWithPAR(config, parameters);
    expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
    const browser = new Browser(server.url);
    const place = (await browser.visit(url)) as URL;
    expect(place.searchParams.get('code')).toEqual(expect.any(String));
    const second = await browser.visit(url);
    expect(second instanceof URL ? second.searchParams.get('code') : null).toBeNull();
  });

  describe('token exchange', () => {
    const exchange = async (
      subject_token: string,
      parameters: Record<string, string> = {},
      clientId = 'backend',
    ) =>
      client.genericGrantRequest(
        await server.discover(clientId, client.ClientSecretBasic(SECRET)),
        EXCHANGE,
        {
          subject_token,
          subject_token_type: ACCESS_TOKEN,
          ...parameters,
        },
      );
    let own: string;
    let given: string;
    beforeAll(async () => {
      own = await new Browser(server.url).logIn();
      const { redeem } = await server.authorize(await server.discover('pages'));
      given = (await redeem()).access_token;
    });

    it('gives a service a token for another API, which says who acts, and which ends with its own', async () => {
      const { access_token, expires_in } = await exchange(given, { resource: PARTNER, scope: 'orders:read' });
      expect(decodeJwt(access_token)).toMatchObject({
        aud: PARTNER,
        sub: 'ada',
        client_id: 'backend',
        scope: 'orders:read',
        act: { sub: 'backend' },
        grant_id: decodeJwt(given).grant_id,
      });
      expect(expires_in).toBeLessThanOrEqual(120);
      expect((await server.me(access_token)).status).toBe(401);
      // Whoever is that API may ask what it is worth; here it opens nothing, the server's own routes included.
      const worth = async (clientId: string) =>
        client.tokenIntrospection(await server.discover(clientId), access_token);
      expect(await worth('robot')).toMatchObject({ active: true, aud: PARTNER, scope: 'orders:read' });
      expect(await worth('gateway')).toEqual({ active: false });
      const bearer = { authorization: `Bearer ${access_token}` };
      expect(await running.statusOf('/me', bearer)).toBe(401);
      expect(await running.statusOf('/oauth/userinfo', bearer)).toBe(401);
    });

    it('gives less at this API, and never what belongs to the user alone', async () => {
      const { access_token } = await exchange(own);
      expect(decodeJwt(access_token)).toMatchObject({
        scope: 'parcels:read',
        client_id: 'backend',
        act: { sub: 'backend' },
      });
      expect((await server.me(access_token)).status).toBe(200);
      expect(await running.statusOf('/auth/sessions', { authorization: `Bearer ${access_token}` })).toBe(403);
    });

    it('gives no more than is there', async () => {
      await expect(exchange(own, { scope: 'parcels:write' })).rejects.toMatchObject(TOO_MUCH);
      await expect(exchange(given, { resource: 'https://elsewhere.example' })).rejects.toMatchObject({
        error: 'invalid_target',
      });
      await expect(exchange(randomUUID())).rejects.toMatchObject({ error: 'invalid_grant' });
      const machine = await client.clientCredentialsGrant(await server.discover('robot'), {
        scope: 'parcels:read',
      });
      await expect(exchange(machine.access_token)).rejects.toMatchObject({ error: 'invalid_grant' });
      await expect(exchange(given, {}, 'robot')).rejects.toMatchObject({ error: 'invalid_request' });
    });

    it('ends with what it came of', async () => {
      const browser = new Browser(server.url);
      const token = await browser.logIn();
      const { access_token } = await exchange(token);
      expect((await server.me(access_token)).status).toBe(200);
      await running.app.get(SessionService).end(decodeJwt(token).sid as string, { reason: 'a test' });
      expect((await server.me(access_token)).status).toBe(401);
      await expect(exchange(token)).rejects.toMatchObject({ error: 'invalid_grant' });
    });
  });

  describe('the end of', () => {
    const tokensOf = async (clientId = 'pages') => {
      const config = await server.discover(clientId);
      const { redeem } = await server.authorize(config, {
        scope: 'openid offline_access parcels:read',
        prompt: 'consent',
      });
      return { config, tokens: await redeem() };
    };
    const expectDead = async ({ config, tokens }: Awaited<ReturnType<typeof tokensOf>>) => {
      expect((await server.me(tokens.access_token)).status).toBe(401);
      await expect(client.refreshTokenGrant(config, tokens.refresh_token as string)).rejects.toMatchObject({
        status: expect.any(Number),
      });
    };

    it('a user ends everything that clients have of them', async () => {
      const before = await tokensOf();
      await running.app.get(RevocationService).revokeUser('ada', { reason: 'a test' });
      await expectDead(before);
      expect((await server.me((await tokensOf()).tokens.access_token)).status).toBe(200);
    });

    it('a client ends what it has', async () => {
      const { clientId, secret } = await running.app.get(OAuthClients).create({
        name: 'Another Shop',
        kind: 'web',
        redirectUris: [CALLBACK],
        scopes: ['parcels:*'],
      });
      const config = await server.discover(clientId, client.ClientSecretBasic(secret as string));
      const { redeem } = await server.authorize(config, {
        scope: 'openid offline_access parcels:read',
        prompt: 'consent',
      });
      const before = { config, tokens: await redeem() };
      expect((await server.me(before.tokens.access_token)).status).toBe(200);
      await running.app.get(OAuthClients).disable(clientId);
      await expectDead(before);
    });

    it('a consent ends what came of it', async () => {
      const before = await tokensOf();
      await running.app.get(OAuthConsents).withdraw('ada', 'pages', {});
      await expectDead(before);
    });

    it('a refresh token ends the grant (RFC 7009), if its own client says so', async () => {
      const { config, tokens } = await tokensOf();
      await client.tokenRevocation(await server.discover('shop'), tokens.refresh_token as string);
      expect((await server.me(tokens.access_token)).status).toBe(200);
      await client.tokenRevocation(config, tokens.refresh_token as string);
      await expectDead({ config, tokens });
    });

    it('an access token ends the grant as well', async () => {
      const { config, tokens } = await tokensOf();
      await client.tokenRevocation(config, tokens.access_token);
      await expectDead({ config, tokens });
    });
  });

  it('says at its userinfo endpoint who a user is', async () => {
    const config = await server.discover('pages');
    const { redeem } = await server.authorize(config);
    const { access_token } = await redeem();
    expect(await client.fetchUserInfo(config, access_token, 'ada')).toEqual({ sub: 'ada' });
    const machine = await client.clientCredentialsGrant(await server.discover('robot'), {
      scope: 'parcels:read',
    });
    await expect(
      client.fetchUserInfo(config, machine.access_token, client.skipSubjectCheck),
    ).rejects.toThrow();
  });
});
