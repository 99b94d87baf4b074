import { ApiKeyService, BanService, TokenIssuer } from '@portcullis/auth';
import { TestClock, TestProofKey } from '@portcullis/testing';
import { decodeJwt } from 'jose';
import { mistyped } from '../support/mistyped.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { PASSWORD, Users } from '../support/users.js';
import { Browser } from './browser.js';
import { API, CLIENTS, SECRET } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

/** Clients that have the names of an app with keys, and of the front end that people log in with. */
const NAMESAKES = ['depot', 'web'].map((clientId) => ({
  ...{ clientId, name: clientId, kind: 'machine' as const, scopes: [], secrets: [SECRET] },
}));

const INACTIVE = '{"active":false}';

describeOnPlatforms('tokens that are sent to the authorization server on %s', (running) => {
  const server = new ServerUnderTest(running);
  const clock = new TestClock();
  beforeAll(() =>
    server.start({ portcullis: { now: clock.now }, server: { clients: [...CLIENTS, ...NAMESAKES] } }),
  );

  const post = (path: string, token: string, clientId: string, further: Record<string, string> = {}) =>
    running.fetch(path, {
      method: 'POST',
      body: new URLSearchParams({
        token,
        client_id: clientId,
        ...(clientId !== 'pages' && { client_secret: SECRET }),
        ...further,
      }),
    });
  const worth = async (token: string, clientId: string, hint?: string) =>
    (await post('/oauth/introspect', token, clientId, hint ? { token_type_hint: hint } : {})).text();
  const revoke = async (token: string, clientId: string) => {
    const response = await post('/oauth/revoke', token, clientId);
    expect([response.status, await response.text()]).toEqual([200, '']);
  };
  const makeKey = (details: object = {}) =>
    running.app
      .get(ApiKeyService)
      .create({ appId: 'depot', name: 'North', scopes: ['parcels:read'], ...details });
  const logIn = async (username = 'ada') => {
    const response = await running.send('POST', '/auth/login', {}, { username, password: PASSWORD });
    return (await response.json()) as { access_token: string; refresh_token: string };
  };
  const makePersonal = async (of?: string) => {
    const headers = { authorization: `Bearer ${of ?? (await logIn()).access_token}` };
    const body = { name: 'Script', scopes: ['parcels:read'] };
    const response = await running.send('POST', '/personal-tokens', headers, body);
    return (await response.json()) as { id: string; key: string };
  };

  it('may be API keys: those that they are for, and their app, may ask', async () => {
    const { id, key, createdAt } = await makeKey();
    for (const clientId of ['gateway', 'depot'])
      expect(JSON.parse(await worth(key, clientId))).toEqual({
        active: true,
        client_id: 'depot',
        scope: 'parcels:read',
        aud: API,
        iss: server.url,
        jti: id,
        iat: Math.floor(createdAt / 1000),
        exp: expect.any(Number),
        token_type: 'Bearer',
      });
    for (const clientId of ['shop', 'robot', 'pages']) expect(await worth(key, clientId)).toBe(INACTIVE);
    await running.app.get(ApiKeyService).disable(id);
    expect(await worth(key, 'gateway')).toBe(INACTIVE);
  });

  it('may be personal tokens, with their user', async () => {
    const { id, key } = await makePersonal();
    expect(JSON.parse(await worth(key, 'gateway'))).toMatchObject({ active: true, sub: 'ada', jti: id });
    expect(await worth(key, 'shop')).toBe(INACTIVE);
  });

  it('may be refresh tokens of logins, of which their own client learns; they say nothing about themselves', async () => {
    const { refresh_token, access_token } = await logIn();
    for (const hint of ['refresh_token', 'access_token'])
      expect(JSON.parse(await worth(refresh_token, 'web', hint))).toEqual({
        active: true,
        client_id: 'web',
        sub: 'ada',
        sid: decodeJwt(access_token).sid,
        scope: 'parcels:*',
        iss: server.url,
        iat: expect.any(Number),
        exp: expect.any(Number),
      });
    for (const clientId of ['gateway', 'shop']) expect(await worth(refresh_token, clientId)).toBe(INACTIVE);
  });

  it('may be refresh tokens of the server', async () => {
    const config = await server.discover('shop');
    const { refresh_token = '' } = await (await server.authorize(config)).redeem();
    const said = await worth(refresh_token, 'shop');
    expect(JSON.parse(said)).toMatchObject({ active: true, client_id: 'shop', sub: 'ada' });
    expect(said).not.toContain(refresh_token);
    expect(await worth(refresh_token, 'gateway')).toBe(INACTIVE);
    await revoke(refresh_token, 'robot');
    expect(JSON.parse(await worth(refresh_token, 'shop'))).toMatchObject({ active: true });
    await revoke(refresh_token, 'shop');
    expect(await worth(refresh_token, 'shop')).toBe(INACTIVE);
  });

  it('say nothing to clients that prove nothing, not even of their own', async () => {
    const tokens = await (await server.authorize(await server.discover('pages'))).redeem();
    for (const token of [tokens.access_token, tokens.refresh_token ?? ''])
      expect(await worth(token, 'pages')).toBe(INACTIVE);
    await revoke(tokens.access_token, 'pages');
    expect((await server.me(tokens.access_token)).status).toBe(401);
  });

  it('may be access tokens of logins, whose client the server does not know', async () => {
    const { accessToken } = await running.app.get(TokenIssuer).issue({
      subject: 'ada',
      clientId: 'elsewhere',
      authentication: { context: 'mfa', time: 1_700_000_000 },
    });
    expect(JSON.parse(await worth(accessToken, 'gateway'))).toMatchObject({
      active: true,
      sub: 'ada',
      client_id: 'elsewhere',
      acr: 'mfa',
      auth_time: 1_700_000_000,
    });
    await revoke(accessToken, 'gateway');
    expect(await worth(accessToken, 'gateway')).not.toBe(INACTIVE);
  });

  it('are worth nothing while their user is disabled or gone, or nobody can say', async () => {
    const users = running.app.get(Users, { strict: false });
    await users.add('eve');
    const { access_token, refresh_token } = await logIn('eve');
    const { key } = await makePersonal(access_token);
    const config = await server.discover('shop');
    const browser = new Browser(server.url, 'eve');
    const granted = await (await server.authorize(config, {}, browser)).redeem();
    const askers: [string, string][] = [
      [access_token, 'gateway'],
      [refresh_token, 'web'],
      [key, 'gateway'],
      [granted.access_token, 'gateway'],
      [granted.refresh_token ?? '', 'shop'],
    ];
    const all = () => Promise.all(askers.map(async (asker) => JSON.parse(await worth(...asker))));
    const active = askers.map(() => expect.objectContaining({ active: true, sub: 'eve' }));
    expect(await all()).toEqual(active);
    await users.add('eve', { isDisabled: true });
    expect(await all()).toEqual(askers.map(() => ({ active: false })));
    await users.add('eve');
    expect(await all()).toEqual(active);
    users.isAway = true;
    const away = await post('/oauth/introspect', granted.access_token, 'gateway');
    users.isAway = false;
    expect([away.status, await away.json()]).toEqual([
      503,
      expect.objectContaining({ error: 'temporarily_unavailable' }),
    ]);
    users.accounts.delete('eve');
    expect(await all()).toEqual(askers.map(() => ({ active: false })));
  });

  it('look alike where they are worth nothing, whatever they are', async () => {
    const { key } = await makeKey();
    const { refresh_token, access_token } = await logIn();
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const none = `${part({ alg: 'none' })}.${part({ sub: 'ada' })}.`;
    const sent = [
      'nothing',
      none,
      part({ alg: 'none' }),
      `${part({ alg: 'dir', enc: 'A256GCM' })}..a.b.c`,
      access_token.slice(0, -4),
      mistyped(key),
      mistyped(refresh_token),
      '\u0000',
      'ä',
      'a'.repeat(50_000),
    ];
    for (const token of sent) {
      const response = await post('/oauth/introspect', token, 'gateway');
      expect([token.slice(0, 50), response.status, await response.text()]).toEqual([
        token.slice(0, 50),
        200,
        INACTIVE,
      ]);
      await revoke(token, 'gateway');
    }
  });

  it('are ended by whoever holds them and has proven who they are: keys', async () => {
    const { id, key } = await makeKey();
    await revoke(key, 'pages');
    expect(await running.statusOf('/app', { 'x-api-key': key })).toBe(200);
    await Promise.all(Array.from({ length: 5 }, () => revoke(key, 'shop')));
    expect(await running.statusOf('/app', { 'x-api-key': key })).toBe(401);
    expect(running.events.of('api-key.revoked').filter(({ keyId }) => keyId === id)).toMatchObject([
      { actor: 'shop', reason: 'revoked at the authorization server', address: '127.0.0.1' },
    ]);
  });

  it('are ended by whoever holds them and has proven who they are: personal tokens', async () => {
    const { key } = await makePersonal();
    await revoke(key, 'robot');
    expect(await running.statusOf('/me', { authorization: `Bearer ${key}` })).toBe(401);
  });

  it('are ended by whoever holds them and has proven who they are: refresh tokens of logins', async () => {
    const { refresh_token, access_token } = await logIn();
    await revoke(refresh_token, 'pages');
    expect(await running.statusOf('/auth/sessions', { authorization: `Bearer ${access_token}` })).toBe(200);
    await revoke(refresh_token, 'robot');
    expect(await running.statusOf('/auth/sessions', { authorization: `Bearer ${access_token}` })).toBe(401);
  });

  it('are ended by their own client alone where they are bound: who has copied one can do nothing with it', async () => {
    const { publicJwk } = new TestProofKey('EdDSA');
    const { id, key } = await makeKey({ publicKey: publicJwk });
    const isRevoked = async () => (await running.app.get(ApiKeyService).find(id))?.revokedAt !== null;
    await revoke(key, 'shop');
    expect(await isRevoked()).toBe(false);
    await revoke(key, 'depot');
    expect(await isRevoked()).toBe(true);
  });
});

describeOnPlatforms('how often tokens may be sent to the authorization server on %s', (running) => {
  const server = new ServerUnderTest(running);
  const ask = (from: string, clientId: string, client_secret = SECRET, path = '/oauth/introspect') =>
    running.fetch(path, {
      method: 'POST',
      headers: { 'x-forwarded-for': from },
      body: new URLSearchParams({ token: 'any', client_id: clientId, client_secret }),
    });

  it('is bounded for each client, and for each address', async () => {
    await server.start({
      portcullis: { trustedProxies: ['127.0.0.1'] },
      server: { tokenLookups: { requests: 5, windowSeconds: 60 } },
    });
    for (let index = 1; index <= 5; index++)
      expect(
        (await ask(`192.0.2.${index}`, 'robot', SECRET, index % 2 ? '/oauth/revoke' : undefined)).status,
      ).toBe(200);
    const often = await ask('192.0.2.6', 'robot');
    expect([often.status, Number(often.headers.get('retry-after')), await often.json()]).toEqual([
      429,
      expect.any(Number),
      { error: 'rate_limit_exceeded', error_description: expect.stringContaining('Retry-After') },
    ]);
    expect((await ask('192.0.2.7', 'gateway')).status).toBe(200);
    // Whoever only says that they are a client uses up nothing of it, and is counted by the address, before anybody is asked.
    const statuses: number[] = [];
    for (let index = 0; index < 7; index++) statuses.push((await ask('2001:db8::1', 'shop', 'wrong')).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
    expect((await ask('2001:db8::2', 'shop')).status).toBe(429);
    expect((await ask('192.0.2.8', 'shop')).status).toBe(200);
  });

  it('ends in a ban for whoever guesses, but for the APIs that pass on what others send', async () => {
    await server.start({
      portcullis: { trustedProxies: ['127.0.0.1'], bans: {}, events: { log: false } } as never,
    });
    const guess = async (from: string, clientId: string) => {
      for (let index = 0; index < 25; index++)
        await running.fetch('/oauth/introspect', {
          method: 'POST',
          headers: { 'x-forwarded-for': from },
          body: new URLSearchParams({
            token: `ptc_live_${index}`.padEnd(60, 'x'),
            client_id: clientId,
            client_secret: SECRET,
          }),
        });
    };
    await guess('192.0.2.1', 'gateway');
    await guess('192.0.2.2', 'robot');
    const { bans } = await running.app.get(BanService).list({});
    expect(bans.map(({ network, rule }) => [network, rule])).toEqual([['192.0.2.2/32', 'code-guessing']]);
  });
});
