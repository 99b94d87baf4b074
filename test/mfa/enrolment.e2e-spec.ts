import { FactorService, MemoryFactorStore, type PortcullisOptions } from '@portcullis/auth';
import { ownTokens, userWith } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { Authenticator, claimsIn, MfaClient, type Ticket, type Tokens } from '../support/mfa-client.js';
import { describeOnPlatforms } from '../support/running-app.js';

const codeOf = async (response: Response) => (await problemIn(response)).code;

describeOnPlatforms('enrolling an authenticator app on %s', (running) => {
  const client = new MfaClient(running);
  let store: MemoryFactorStore;
  let tokens: Tokens;

  const start = async (mfa: PortcullisOptions['mfa'] = {}) => {
    store = new MemoryFactorStore();
    await client.start({ mfa, stores: { factors: store } });
  };
  const confirm = (id: string, code: string, by: Tokens = tokens, more: object = {}) =>
    client.post(`factors/${id}/confirm`, { code, ...more }, client.as(by));
  const remove = (id: string, by: Tokens, query = '') =>
    running.send('DELETE', `/auth/factors/${id}${query}`, client.as(by));
  const list = async (by: Tokens) =>
    (
      (await (await running.get('/auth/factors', client.as(by))).json()) as {
        factors: Record<string, unknown>[];
      }
    ).factors;

  beforeEach(async () => {
    await start({ appName: 'Parcels' });
    tokens = await client.login();
  });

  it('shows a secret once, as a URI and as a QR code, and asks for it when it is confirmed', async () => {
    const response = await client.post('factors/totp', { name: 'phone' }, client.as(tokens));
    expect([response.status, response.headers.get('cache-control')]).toEqual([201, 'no-store']);
    const { id, uri, secret, qr } = (await response.json()) as Record<string, string>;
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(uri).toBe(
      `otpauth://totp/Parcels:ada?secret=${secret}&issuer=Parcels&algorithm=SHA1&digits=6&period=30`,
    );
    expect(qr).toMatch(/^(<\?xml[^>]*>)?\s*<svg [\s\S]*<\/svg>\s*$/);
    expect(qr).not.toMatch(/<script|onload|href/i);
    expect(await list(tokens)).toEqual([]);
    expect(await client.login<object>()).not.toHaveProperty('next');
    const app = new Authenticator(id ?? '', secret ?? '', client.clock.now);
    const confirmed = await confirm(app.id, app.code());
    expect([confirmed.status, confirmed.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const { recovery_codes: codes } = (await confirmed.json()) as { recovery_codes: string[] };
    expect(new Set(codes).size).toBe(10);
    const [listed, recovery, ...more] = await list(tokens);
    expect(listed).toEqual({
      id,
      kind: 'totp',
      name: 'phone',
      createdAt: expect.any(Number),
      lastUsedAt: expect.any(Number),
    });
    expect(recovery).toMatchObject({ kind: 'recovery-codes', left: 10 });
    expect(more).toEqual([]);
    expect(await client.login<Ticket>()).toMatchObject({ next: 'mfa' });
    expect(running.events.of('factor.added')).toMatchObject([
      { factor: 'totp', factorId: id, subject: 'ada', actor: 'ada' },
    ]);
    const said = JSON.stringify([
      running.events.all,
      [...(await store.list({ issuer: ownTokens.issuer.url, subject: 'ada' }))],
    ]);
    const bytes = Buffer.from([...(secret ?? '')].map((letter) => letter.charCodeAt(0)));
    for (const known of [secret, ...codes, bytes.toString('base64')]) expect(said).not.toContain(known);
  });

  it('uses up the code that confirms', async () => {
    const { id, secret } = await client.begin(tokens);
    const app = new Authenticator(id, secret, client.clock.now);
    const code = app.code();
    expect((await confirm(id, code)).status).toBe(200);
    expect((await client.prove(await client.login(), code)).status).toBe(401);
    expect((await confirm(id, app.code(1))).status).toBe(404);
  });

  it('is confirmed once by all that come at the same time', async () => {
    const { id, secret } = await client.begin(tokens);
    const code = new Authenticator(id, secret, client.clock.now).code();
    const answers = await Promise.all(Array.from({ length: 20 }, () => confirm(id, code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const bodies = await Promise.all(answers.map((answer) => answer.json()));
    expect(bodies.filter((body) => 'recovery_codes' in (body as object))).toHaveLength(1);
  });

  it('is not confirmed by a wrong code, in another session, by somebody else, or too late', async () => {
    const { id, secret } = await client.begin(tokens);
    const app = new Authenticator(id, secret, client.clock.now);
    expect(await codeOf(await confirm(id, app.wrong()))).toBe('mfa_failed');
    expect(running.events.of('factor.failed')).toHaveLength(1);
    const other = await client.login();
    expect((await confirm(id, app.code(), other)).status).toBe(401);
    const bob = await client.login('bob');
    expect((await confirm(id, app.code(), bob)).status).toBe(404);
    client.clock.forward(600);
    const still = await client.login('ada');
    expect(await list(still)).toEqual([]);
    client.clock.forward(300);
    expect((await confirm(id, app.code())).status).toBe(404);
    expect(await client.login<object>()).not.toHaveProperty('next');
  });

  it('replaces what was begun before', async () => {
    const first = await client.begin(tokens);
    await client.begin(tokens);
    const app = new Authenticator(first.id, first.secret, client.clock.now);
    expect((await confirm(first.id, app.code())).status).toBe(404);
    expect(await store.list({ issuer: ownTokens.issuer.url, subject: 'ada' })).toHaveLength(1);
  });

  it('has the algorithm and digits of the options', async () => {
    await start({ totpAlgorithm: 'SHA512', totpDigits: 8 });
    tokens = await client.login();
    const { id, secret, uri } = await client.begin(tokens);
    expect(uri).toContain('algorithm=SHA512&digits=8');
    const app = new Authenticator(id, secret, client.clock.now, { algorithm: 'SHA512', digits: 8 });
    expect((await confirm(id, app.code(-1))).status).toBe(200);
    expect((await client.prove(await client.login(), app.code())).status).toBe(200);
  });

  it('needs a login of at most five minutes, by the factor where there is one', async () => {
    const begin = (by: Tokens) => client.post('factors/totp', {}, client.as(by));
    client.clock.forward(301);
    expect(await codeOf(await begin(tokens))).toBe('insufficient_user_authentication');
    tokens = await client.login();
    const { app } = await client.enrol(tokens);
    // This login is fresh, and by the password alone.
    const refused = await begin(tokens);
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toMatch(
      /error="insufficient_user_authentication".*acr_values="mfa"/,
    );
    expect(await codeOf(await remove(app.id, tokens))).toBe('insufficient_user_authentication');
    expect(await codeOf(await client.post('recovery-codes', {}, client.as(tokens)))).toBe(
      'insufficient_user_authentication',
    );
    const strong = await client.loginWith(app);
    expect((await begin(strong)).status).toBe(201);
    client.clock.forward(301);
    const { refresh_token } = strong;
    const refreshed = (await (await client.post('refresh', { refresh_token })).json()) as Tokens;
    for (const by of [strong, refreshed]) {
      expect(await codeOf(await begin(by))).toBe('insufficient_user_authentication');
      expect(await codeOf(await remove(app.id, by))).toBe('insufficient_user_authentication');
    }
  });

  it('is for sessions alone: no anonymous caller, personal token, app, or token of no session', async () => {
    const anonymous = await client.post('factors/totp');
    expect(await codeOf(anonymous)).toBe('credentials_required');
    const made = await running.send('POST', '/personal-tokens', client.as(tokens), {
      name: 'script',
      scopes: [],
    });
    const { key } = (await made.json()) as { key: string };
    const personal = { authorization: `Bearer ${key}` };
    expect(await codeOf(await client.post('factors/totp', {}, personal))).toBe('access_token_required');
    expect(await codeOf(await running.get('/auth/factors', personal))).toBe('access_token_required');
    const loose = await userWith(running.app);
    expect((await client.post('factors/totp', {}, loose)).status).toBe(401);
  });

  it('can be undone, and the recovery codes end with the last factor', async () => {
    const { app, recoveryCodes } = await client.enrol(tokens);
    const strong = await client.loginWith(app);
    expect((await remove('nothing', strong)).status).toBe(404);
    const bob = await client.login('bob');
    expect((await remove(app.id, bob)).status).toBe(404);
    const ticket = await client.login<Ticket>();
    expect((await remove(app.id, strong)).status).toBe(204);
    expect(await list(strong)).toEqual([]);
    expect(running.events.of('factor.removed')).toMatchObject([
      { factor: 'totp', factorId: app.id, subject: 'ada', actor: 'ada' },
    ]);
    for (const [factor, code] of [
      ['totp', app.code(1)],
      ['recovery-codes', recoveryCodes[0] ?? ''],
    ] as const)
      expect(await codeOf(await client.prove(ticket, code, factor))).toBe('mfa_failed');
    expect(await client.login<object>()).not.toHaveProperty('next');
  });

  it('ends the other sessions where that is wished', async () => {
    const other = await client.login();
    const { id, secret } = await client.begin(tokens);
    const app = new Authenticator(id, secret, client.clock.now);
    expect((await confirm(id, app.code(-1), tokens, { endOtherSessions: true })).status).toBe(200);
    expect(await running.statusOf('/user', client.as(other))).toBe(401);
    expect(await running.statusOf('/user', client.as(tokens))).toBe(200);
    const strong = await client.loginWith(app);
    expect((await remove(id, strong, '?endOtherSessions=true')).status).toBe(204);
    expect(await running.statusOf('/user', client.as(tokens))).toBe(401);
    expect(await running.statusOf('/user', client.as(strong))).toBe(200);
  });

  it('is possible for twenty factors, and no more', async () => {
    const factors = running.app.get(FactorService);
    const owner = { issuer: ownTokens.issuer.url, subject: 'bob' };
    const add = (id: string) =>
      factors.add({ ...owner, id, kind: 'key', name: null, handle: null, data: '{}', position: -1 }, {});
    for (let index = 0; index < 20; index++) await add(`f${index}`);
    await expect(add('one more')).rejects.toMatchObject({ code: 'factor_conflict' });
    expect((await factors.list(owner)).filter(({ kind }) => kind === 'key')).toHaveLength(20);
  });
});

describeOnPlatforms('a change of the key that factors are sealed with on %s', (running) => {
  const client = new MfaClient(running);
  const [OLD, NEW] = [Buffer.alloc(32, 1).toString('base64'), Buffer.alloc(32, 2).toString('base64')];

  it('leaves every factor as good as it was, once all are sealed anew', async () => {
    const factors = new MemoryFactorStore();
    const start = (...keyEncryptionKeys: string[]) =>
      client.start({
        tokens: { ...ownTokens, issuer: { ...ownTokens.issuer, keyEncryptionKeys } },
        stores: { factors },
      });
    await start(OLD);
    const { app } = await client.enrolled();
    await start(NEW);
    expect((await client.prove(await client.login(), app.code())).status).toBe(503);
    await start(NEW, OLD);
    const service = running.app.get(FactorService);
    expect([await service.reseal(), await service.reseal()]).toEqual([1, 0]);
    await start(NEW);
    expect((await client.prove(await client.login(), app.code())).status).toBe(200);
  });
});

describeOnPlatforms('a user who must have a factor on %s', (running) => {
  const client = new MfaClient(running);
  const begin = (ticket: Ticket, more: object = {}) =>
    client.post('factors/totp', { ticket: ticket.ticket, ...more });

  beforeEach(() => client.start({ mfa: { required: 'always' } }));

  it('gets a ticket that enrols, and the tokens with the confirmation', async () => {
    const ticket = await client.login<Ticket>();
    expect(ticket).toEqual({ next: 'enrol', ticket: expect.any(String), factors: [], expires_in: 300 });
    const begun = (await (await begin(ticket)).json()) as { id: string; secret: string };
    const app = new Authenticator(begun.id, begun.secret, client.clock.now);
    const confirm = (code: string) =>
      client.post(`factors/${app.id}/confirm`, { ticket: ticket.ticket, code });
    expect(await codeOf(await confirm(app.wrong()))).toBe('mfa_failed');
    const answer = await confirm(app.code(-1));
    const tokens = (await answer.json()) as Tokens & { recovery_codes: string[] };
    expect(tokens.recovery_codes).toHaveLength(10);
    expect(claimsIn(tokens)).toMatchObject({ acr: 'mfa', amr: ['pwd', 'otp', 'mfa'] });
    expect(await running.statusOf('/user', client.as(tokens))).toBe(200);
    expect(await codeOf(await begin(ticket))).toBe('invalid_login_ticket');
    expect(await client.login<Ticket>()).toMatchObject({ next: 'mfa' });
  });

  it('does nothing else with that ticket', async () => {
    const ticket = await client.login<Ticket>();
    expect(await codeOf(await client.prove(ticket, '123456'))).toBe('invalid_login_ticket');
    const headers = { authorization: `Bearer ${ticket.ticket}` };
    for (const path of ['/auth/factors', '/auth/sessions', '/user'])
      expect(await running.statusOf(path, headers)).toBe(401);
    expect((await client.post('recovery-codes', {}, headers)).status).toBe(401);
    expect((await client.post('step-up', { factor: 'totp', code: '1' }, headers)).status).toBe(401);
  });

  it('enrols with no ticket that is there to prove a factor, and with none once there is one', async () => {
    const [mine, theirs] = [await client.login<Ticket>(), await client.login<Ticket>()];
    const begun = (await (await begin(mine)).json()) as { id: string; secret: string };
    const late = (await (await begin(theirs)).json()) as { id: string; secret: string };
    const again = (await (await begin(mine)).json()) as { id: string; secret: string };
    expect(begun.id).not.toBe(again.id);
    const app = new Authenticator(again.id, again.secret, client.clock.now);
    expect(
      (await client.post(`factors/${app.id}/confirm`, { ticket: theirs.ticket, code: app.code(-1) })).status,
    ).toBe(401);
    expect(
      (await client.post(`factors/${app.id}/confirm`, { ticket: mine.ticket, code: app.code(-1) })).status,
    ).toBe(200);
    expect(await codeOf(await begin(theirs))).toBe('invalid_login_ticket');
    const other = new Authenticator(late.id, late.secret, client.clock.now);
    const confirm = await client.post(`factors/${late.id}/confirm`, {
      ticket: theirs.ticket,
      code: other.code(),
    });
    expect(await codeOf(confirm)).toBe('invalid_login_ticket');
    expect(await codeOf(await begin(await client.login()))).toBe('invalid_login_ticket');
  });

  it('can send a ticket or an access token, and not both', async () => {
    const headers = await userWith(running.app);
    const { ticket } = await client.login<Ticket>();
    expect((await client.post('factors/totp', { ticket }, headers)).status).toBe(400);
  });

  it('keeps the last factor, also of two that are removed at the same time', async () => {
    const ticket = await client.login<Ticket>();
    const begun = (await (await begin(ticket)).json()) as { id: string; secret: string };
    const app = new Authenticator(begun.id, begun.secret, client.clock.now);
    const confirmed = await client.post(`factors/${app.id}/confirm`, {
      ticket: ticket.ticket,
      code: app.code(-1),
    });
    const tokens = (await confirmed.json()) as Tokens;
    const remove = (id: string) => running.send('DELETE', `/auth/factors/${id}`, client.as(tokens));
    expect(await codeOf(await remove(app.id))).toBe('factor_conflict');
    const { app: second } = await client.enrol(tokens);
    const both = await Promise.all([remove(app.id), remove(second.id)]);
    expect(both.map(({ status }) => status).sort()).toEqual([204, 409]);
    expect(await client.login<Ticket>()).toMatchObject({ next: 'mfa' });
    expect(
      await running.app
        .get(FactorService)
        .remove(
          { issuer: ownTokens.issuer.url, subject: 'ada' },
          both[0]?.status === 204 ? second.id : app.id,
          { actor: 'admin', isForced: true },
        ),
    ).toBe(true);
    expect(await client.login<Ticket>()).toMatchObject({ next: 'enrol' });
  });
});
