import { MemoryFactorStore } from '@portcullis/auth';
import { TestClock, TestPasskeyDevice, TestProofKey } from '@portcullis/testing';
import { decodeJwt } from 'jose';
import { describeOnPlatforms } from '../support/running-app.js';
import { Users } from '../support/users.js';
import { ORIGIN, passkeyApp } from './passkey-app.js';
import { PasskeyClient } from './passkey-client.js';

describeOnPlatforms('passkeys on %s', (running) => {
  const client = new PasskeyClient(running);
  let factors: MemoryFactorStore;
  const clock = new TestClock();
  const start = async (parts: Parameters<typeof passkeyApp>[0] = {}) => {
    factors = new MemoryFactorStore();
    const portcullis = {
      ...passkeyApp().portcullis,
      now: clock.now,
      stores: { factors },
      ...parts.portcullis,
    };
    await running.start(passkeyApp({ ...parts, portcullis }));
    const users = running.app.get(Users, { strict: false });
    await users.add('ada');
    await users.add('bob');
  };
  const users = () => running.app.get(Users, { strict: false });
  beforeEach(() => start());

  it('register, and log in without a name and a password', async () => {
    const device = await client.firstDevice();
    const { status, body } = await client.logInWith(device);
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: 'Bearer', session_id: expect.any(String) });
    expect(decodeJwt(body.access_token)).toMatchObject({ sub: 'ada', acr: 'mfa' });
    expect(decodeJwt(body.access_token).amr).toEqual(expect.arrayContaining(['hwk', 'user', 'mfa']));
    expect((await client.send('GET', '/user', undefined, body.access_token)).status).toBe(200);
  });

  it('bring recovery codes with the first of them, and are reported', async () => {
    const { body: login } = await client.logIn();
    const device = new TestPasskeyDevice({ origin: ORIGIN });
    const { body: options } = await client.post('passkeys/options', {}, login.access_token);
    const registered = await client.post('passkeys', { passkey: device.create(options) }, login.access_token);
    expect(registered).toMatchObject({ status: 201, body: { id: expect.any(String) } });
    expect(registered.body.recovery_codes).toHaveLength(10);
    await client.logInWith(device);
    expect(running.events.of('factor.added')).toMatchObject([{ factor: 'passkey', subject: 'ada' }]);
    expect(running.events.of('factor.used')).toMatchObject([{ factor: 'passkey', subject: 'ada' }]);
  });

  it('are asked for in the same way of everybody', async () => {
    await client.firstDevice();
    const all = await Promise.all(
      [{}, { username: 'ada' }, { username: 'nobody' }].map(async (body) =>
        client.post('passkey-login/options', body),
      ),
    );
    for (const { status, body } of all) {
      const { challenge, ...rest } = body;
      expect([status, rest]).toEqual([
        200,
        { rpId: 'parcels.example', timeout: 300_000, userVerification: 'required', allowCredentials: [] },
      ]);
    }
  });

  it('count once, also where twenty bring the same answer at the same time', async () => {
    const device = await client.firstDevice();
    const passkey = device.get(await client.loginOptions());
    const all = await Promise.all(
      Array.from({ length: 20 }, () => client.post('passkey-login', { passkey })),
    );
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(all.filter(({ status, body }) => status === 401 && body.code === 'invalid_passkey')).toHaveLength(
      19,
    );
    expect((await client.post('passkey-login', { passkey })).status).toBe(401);
  });

  it('are refused in one way, whatever is wrong', async () => {
    const device = await client.firstDevice();
    const stranger = new TestPasskeyDevice({ origin: ORIGIN });
    const wrong = [
      await client.logInWith(device, { origin: 'https://evil.example' }),
      await client.logInWith(device, { rpId: 'evil.example' }),
      await client.logInWith(device, { clientData: { crossOrigin: true } }),
      await client.logInWith(device, { isUserVerified: false }),
      await client.logInWith(device, { challenge: 'AAAA' }),
      await client.logInWith(device, { userHandle: 'AAAA' }),
      await client.logInWith(stranger, { userHandle: device.userHandle }),
      await client.post('passkey-login', { passkey: {} }),
    ].map(({ status, body: { requestId, ...body } }) => ({ status, body }));
    expect(wrong).toEqual(Array(wrong.length).fill(wrong[0]));
    expect(wrong[0]).toMatchObject({ status: 401, body: { code: 'invalid_passkey' } });
  });

  it('are refused where their user is gone, disabled, or not to be found now', async () => {
    const device = await client.firstDevice();
    const ada = users().accounts.get('ada');
    users().accounts.delete('ada');
    expect((await client.logInWith(device)).status).toBe(401);
    users().accounts.set('ada', { ...ada, isDisabled: true } as never);
    expect((await client.logInWith(device)).status).toBe(401);
    users().accounts.set('ada', ada as never);
    users().isAway = true;
    expect((await client.logInWith(device)).status).toBe(503);
    users().isAway = false;
    expect((await client.logInWith(device)).status).toBe(200);
  });

  it('are added by nobody without a fresh login', async () => {
    const { body: login } = await client.logIn();
    const { body: options } = await client.post('passkeys/options', {}, login.access_token);
    const passkey = new TestPasskeyDevice({ origin: ORIGIN }).create(options);
    for (const [path, body] of [
      ['passkeys/options', {}],
      ['passkeys', { passkey }],
    ] as const) {
      expect((await client.post(path, body)).status).toBe(401);
      expect((await client.post(path, { ...body, ticket: 'ptc_lt_x' })).status).toBe(401);
    }
    clock.forward(301);
    for (const [path, body] of [
      ['passkeys/options', {}],
      ['passkeys', { passkey }],
    ] as const)
      expect(await client.post(path, body, login.access_token)).toMatchObject({
        status: 401,
        body: { code: 'insufficient_user_authentication' },
      });
  });

  it('are added by a password alone only where there is none yet', async () => {
    const { body: stolen } = await client.logIn();
    const device = await client.firstDevice();
    expect(await client.post('passkeys/options', {}, stolen.access_token)).toMatchObject({
      status: 401,
      body: { code: 'insufficient_user_authentication' },
    });
    const { body: login } = await client.logInWith(device);
    await client.register(login.access_token);
    const { body } = await client.send('GET', '/auth/factors', undefined, login.access_token);
    expect(body.factors.filter(({ kind }: { kind: string }) => kind === 'passkey')).toHaveLength(2);
  });

  it('are registered for the session that asked, and for no other', async () => {
    const [{ body: one }, { body: other }, { body: bob }] = [
      await client.logIn(),
      await client.logIn(),
      await client.logIn('bob'),
    ];
    const { body: options } = await client.post('passkeys/options', {}, one.access_token);
    const passkey = new TestPasskeyDevice({ origin: ORIGIN }).create(options);
    for (const { access_token } of [other, bob])
      expect(await client.post('passkeys', { passkey }, access_token)).toMatchObject({
        status: 400,
        body: { code: 'passkey_not_registered' },
      });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => client.post('passkeys', { passkey }, one.access_token)),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  });

  it('are of one user', async () => {
    const device = await client.firstDevice();
    const { body: bob } = await client.logIn('bob');
    const { body: options } = await client.post('passkeys/options', {}, bob.access_token);
    const passkey = device.create(options);
    expect(await client.post('passkeys', { passkey }, bob.access_token)).toMatchObject({
      status: 400,
      body: { code: 'passkey_not_registered' },
    });
    expect((await client.send('GET', '/auth/factors', undefined, bob.access_token)).body.factors).toEqual([]);
  });

  it('end the other sessions of their user where that is wanted', async () => {
    const [{ body: other }, { body: mine }] = [await client.logIn(), await client.logIn()];
    const { body: options } = await client.post('passkeys/options', {}, mine.access_token);
    const passkey = new TestPasskeyDevice({ origin: ORIGIN }).create(options);
    expect(
      (await client.post('passkeys', { passkey, endOtherSessions: true }, mine.access_token)).status,
    ).toBe(201);
    expect((await client.send('GET', '/user', undefined, other.access_token)).status).toBe(401);
    expect((await client.send('GET', '/user', undefined, mine.access_token)).status).toBe(200);
  });

  it('are a second factor, for the ticket that asked', async () => {
    const device = await client.firstDevice();
    const [{ body: one }, { body: other }] = [await client.logIn(), await client.logIn()];
    expect(one).toMatchObject({ next: 'mfa', ticket: expect.any(String) });
    expect(one.access_token).toBeUndefined();
    const [factor] = one.factors.filter(({ kind }: { kind: string }) => kind === 'passkey');
    expect(factor.prompt.options.allowCredentials).toMatchObject([{ id: device.credentialId }]);
    const passkey = device.get(factor.prompt.options);
    const answer = (ticket: string) => client.post('mfa', { ticket, factor: factor.id, passkey });
    expect((await answer(other.ticket)).status).toBe(401);
    const all = await Promise.all(Array.from({ length: 20 }, () => answer(one.ticket)));
    const [done, ...more] = all.filter(({ status }) => status === 200);
    expect(more).toEqual([]);
    expect(decodeJwt(done?.body.access_token)).toMatchObject({ sub: 'ada', acr: 'mfa' });
    expect(decodeJwt(done?.body.access_token).amr).toEqual(expect.arrayContaining(['pwd', 'hwk', 'mfa']));
    expect((await client.post('passkey-login', { passkey: device.get(factor.prompt.options) })).status).toBe(
      401,
    );
  });

  it('step a session up, and no other', async () => {
    const device = await client.firstDevice();
    const { body: login } = await client.logInWith(device);
    const { body: second } = await client.logInWith(device);
    clock.forward(600);
    const { body: asked } = await client.post('step-up', {}, login.access_token);
    const [factor] = asked.factors.filter(({ kind }: { kind: string }) => kind === 'passkey');
    const body = { factor: factor.id, passkey: device.get(factor.prompt.options) };
    expect((await client.post('step-up', body, second.access_token)).status).toBe(401);
    const raised = await client.post('step-up', body, login.access_token);
    expect(raised.status).toBe(200);
    expect(raised.body.session_id).toBe(login.session_id);
    expect(decodeJwt(raised.body.access_token).auth_time).toBeGreaterThan(
      decodeJwt(login.access_token).auth_time as number,
    );
    expect((await client.post('step-up', body, login.access_token)).status).toBe(401);
  });

  it('are removed, and then refused', async () => {
    const device = await client.firstDevice();
    const { body: login } = await client.logInWith(device);
    const { body } = await client.send('GET', '/auth/factors', undefined, login.access_token);
    const { id } = body.factors.find(({ kind }: { kind: string }) => kind === 'passkey');
    expect((await client.send('DELETE', `/auth/factors/${id}`, undefined, login.access_token)).status).toBe(
      204,
    );
    expect((await client.logInWith(device)).status).toBe(401);
    expect((await client.logIn()).body.access_token).toBeDefined();
  });

  it('complete a login that waits for its user to get a factor', async () => {
    await start({ portcullis: { mfa: { required: 'always' } } });
    const { body: held } = await client.logIn();
    expect(held).toMatchObject({ next: 'enrol', ticket: expect.any(String) });
    const { ticket } = held;
    const { body: options } = await client.post('passkeys/options', { ticket });
    const device = new TestPasskeyDevice({ origin: ORIGIN });
    const done = await client.post('passkeys', { ticket, passkey: device.create(options) });
    expect(done).toMatchObject({ status: 201, body: { access_token: expect.any(String) } });
    expect(decodeJwt(done.body.access_token)).toMatchObject({ sub: 'ada', acr: 'mfa' });
    expect((await client.post('passkeys/options', { ticket })).status).toBe(401);
    expect((await client.logInWith(device)).status).toBe(200);
  });

  it('bind a session to the key whose proof comes with the login', async () => {
    await start({ portcullis: { publicOrigins: ['https://api.example'] } });
    const device = await client.firstDevice();
    const key = new TestProofKey();
    const target = { method: 'POST', url: 'https://api.example/auth/passkey-login' };
    const DPoP = key.proof(target, { claims: { iat: Math.floor(clock.now() / 1000) } });
    const passkey = device.get(await client.loginOptions());
    const response = await running.send('POST', '/auth/passkey-login', { DPoP }, { passkey });
    expect(await response.json()).toMatchObject({ token_type: 'DPoP' });
  });

  it('keep the refresh token in a cookie where that is wanted, for pages of their own', async () => {
    await start({ sessions: { cookie: true } });
    const page = new PasskeyClient(running, { 'sec-fetch-site': 'same-origin' });
    const device = await page.firstDevice();
    const passkey = device.get(await client.loginOptions());
    const elsewhere = new PasskeyClient(running, { 'sec-fetch-site': 'cross-site' });
    expect(await elsewhere.post('passkey-login', { passkey })).toMatchObject({
      status: 403,
      body: { code: 'cross_site_request' },
    });
    const headers = { 'sec-fetch-site': 'same-origin' };
    const response = await running.send('POST', '/auth/passkey-login', headers, { passkey });
    expect(response.headers.get('set-cookie')).toMatch(/^__Host-refresh=ptc_rt_/);
    expect(await response.json()).not.toHaveProperty('refresh_token');
  });

  it.each([
    ['too long a member', { signature: 'A'.repeat(100_000 - 1_000) }],
    ['many members', Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`m${index}`, 1]))],
  ])('refuse %s before anything is read of it', async (_, members) => {
    const device = await client.firstDevice();
    const passkey = device.get(await client.loginOptions());
    const huge = { ...passkey, response: { ...passkey.response, ...members } };
    expect([400, 401, 413]).toContain((await client.post('passkey-login', { passkey: huge })).status);
    expect((await client.post('passkey-login', { passkey })).status).toBe(200);
  });

  it.each([undefined, null, 'x', 7, [], [{}]])('are no %j', async (passkey) => {
    const { body: login } = await client.logIn();
    expect((await client.post('passkey-login', { passkey })).status).toBe(400);
    expect((await client.post('passkeys', { passkey }, login.access_token)).status).toBe(400);
  });

  it('say 503, and let nobody in, where the store is away', async () => {
    const device = await client.firstDevice();
    factors.findByHandle = () => Promise.reject(new Error('away'));
    expect((await client.logInWith(device)).status).toBe(503);
  });

  it('are strikes where they are wrong', async () => {
    await start({ portcullis: { bans: { privateAddresses: true } } });
    const device = await client.firstDevice();
    const all = await Promise.all(
      Array.from({ length: 30 }, () => client.logInWith(device, { origin: 'https://evil.example' })),
    );
    // Twice as many as from an address from which nobody has logged in.
    expect(all.filter(({ status }) => status === 401)).toHaveLength(20);
  });

  it('tell browsers of related origins, and nobody without any', async () => {
    expect((await running.get('/.well-known/webauthn')).status).toBe(404);
    const related = 'https://parcels.test';
    await start({ passkeys: { relatedOrigins: [related] } });
    const document = await running.get('/.well-known/webauthn');
    expect(document.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await document.json()).toEqual({ origins: [related] });
    const device = await client.firstDevice();
    expect((await client.logInWith(device, { origin: related })).status).toBe(200);
  });
});
