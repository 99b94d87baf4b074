import { type LoginTicketStore, MemoryLoginTicketStore, RevocationService } from '@portcullis/auth';
import { TestProofKey } from '@portcullis/testing';
import { ORIGIN } from '../support/bound-calls.js';
import { problemIn } from '../support/http.js';
import { type Authenticator, claimsIn, MfaClient, type Ticket, type Tokens } from '../support/mfa-client.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { PASSWORD, Users } from '../support/users.js';

const codesOf = async (responses: readonly Response[]) =>
  Promise.all(responses.map(async (response) => (response.ok ? 'ok' : (await problemIn(response)).code)));
const count = (all: readonly string[], one: string) => all.filter((each) => each === one).length;

describeOnPlatforms('a login with a second factor on %s', (running) => {
  const client = new MfaClient(running);
  let app: Authenticator;
  let recoveryCodes: string[];

  beforeEach(async () => {
    await client.start();
    ({ app, recoveryCodes } = await client.enrolled());
  });

  it('ends in a ticket, and with a code in tokens that say by what', async () => {
    const ticket = await client.login<Ticket>();
    expect(ticket).toEqual({
      next: 'mfa',
      ticket: expect.stringMatching(/^ptc_lt_[\w-]{43}$/),
      factors: [
        { id: app.id, kind: 'totp', name: null },
        { id: expect.any(String), kind: 'recovery-codes', name: null },
      ],
      expires_in: 300,
    });
    const answer = await client.prove(ticket, app.code());
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const tokens = (await answer.json()) as Tokens;
    expect(Object.keys(tokens).sort()).toEqual(
      ['access_token', 'expires_in', 'refresh_token', 'session_id', 'token_type'].sort(),
    );
    const { acr, amr, sid } = claimsIn(tokens);
    expect([acr, amr, sid]).toEqual(['mfa', ['pwd', 'otp', 'mfa'], tokens.session_id]);
    const [used] = running.events.of('factor.used').slice(-1);
    expect(used).toMatchObject({
      factor: 'totp',
      factorId: app.id,
      subject: 'ada',
      actor: 'ada',
      address: '127.0.0.1',
    });
    const refreshed = await client.post('refresh', { refresh_token: tokens.refresh_token });
    expect(claimsIn((await refreshed.json()) as Tokens)).toMatchObject({ acr: 'mfa', amr });
  });

  it('asks nobody who has no factor', async () => {
    const tokens = await client.login('bob');
    expect(claimsIn(tokens)).not.toHaveProperty('acr');
  });

  it('takes a ticket once, by the factor or by its kind, and no other', async () => {
    const ticket = await client.login<Ticket>();
    const [bobs] = [(await client.enrolled('bob')).app];
    expect(await codesOf([await client.prove(ticket, app.code(), bobs.id)])).toEqual(['mfa_failed']);
    expect(await codesOf([await client.prove(ticket, bobs.code(1), 'totp')])).toEqual(['mfa_failed']);
    expect(await codesOf([await client.prove(ticket, app.code(), 'nothing')])).toEqual(['mfa_failed']);
    expect((await client.prove(ticket, app.code(), app.id)).status).toBe(200);
    client.clock.forward(30);
    expect(await codesOf([await client.prove(ticket, app.code(), app.id)])).toEqual(['invalid_login_ticket']);
  });

  it('lets one code in once, however many come with it at the same time', async () => {
    const tickets = await Promise.all(Array.from({ length: 20 }, () => client.login<Ticket>()));
    const code = app.code();
    const answers = await codesOf(await Promise.all(tickets.map((ticket) => client.prove(ticket, code))));
    expect(count(answers, 'ok')).toBe(1);
    expect(await codesOf([await client.prove(await client.login(), code)])).not.toContain('ok');
  });

  it('takes the step before and the one after, and none that is older than the last one', async () => {
    client.clock.forward(300);
    for (const steps of [-2, 2])
      expect(await codesOf([await client.prove(await client.login(), app.code(steps))])).toEqual([
        'mfa_failed',
      ]);
    expect((await client.prove(await client.login(), app.code(1))).status).toBe(200);
    for (const steps of [-1, 0, 1])
      expect(await codesOf([await client.prove(await client.login(), app.code(steps))])).toEqual([
        'mfa_failed',
      ]);
    client.clock.forward(60);
    expect((await client.prove(await client.login(), app.code(-1))).status).not.toBe(200);
    expect((await client.prove(await client.login(), app.code())).status).toBe(200);
  });

  it('tells at most five of a hundred guesses at the same time, over twenty tickets', async () => {
    const tickets = await Promise.all(Array.from({ length: 20 }, () => client.login<Ticket>()));
    const guesses = tickets.flatMap((ticket) =>
      Array.from({ length: 5 }, () => client.prove(ticket, app.wrong())),
    );
    const answers = await codesOf(await Promise.all(guesses));
    expect(count(answers, 'mfa_failed')).toBe(5);
    expect(count(answers, 'too_many_attempts')).toBe(95);
    expect(running.events.of('factor.failed')).toHaveLength(5);
  });

  it('lets its user wait for longer after each further failure, and no longer after a success', async () => {
    const guess = async () => client.prove(await client.login(), app.wrong());
    for (let index = 0; index < 5; index++) expect((await guess()).status).toBe(401);
    for (const seconds of [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]) {
      const refused = await guess();
      expect(refused.status).toBe(429);
      const wait = Number(refused.headers.get('retry-after'));
      expect(wait).toBeLessThanOrEqual(seconds);
      expect(wait).toBeGreaterThan(seconds - 20);
      client.clock.forward(wait);
      expect((await guess()).status).toBe(401);
    }
    client.clock.forward(3600);
    expect((await client.prove(await client.login(), app.code())).status).toBe(200);
    for (let index = 0; index < 5; index++) expect((await guess()).status).toBe(401);
  });

  it('does not use up a ticket while its user has to wait', async () => {
    for (let index = 0; index < 5; index++) await client.prove(await client.login(), app.wrong());
    const ticket = await client.login<Ticket>();
    for (let index = 0; index < 8; index++) expect((await client.prove(ticket, app.code())).status).toBe(429);
    client.clock.forward(30);
    expect((await client.prove(ticket, app.code())).status).toBe(200);
  });

  it('locks nobody out of their recovery codes', async () => {
    for (let index = 0; index < 6; index++) await client.prove(await client.login(), app.wrong());
    for (let index = 0; index < 6; index++)
      expect((await client.prove(await client.login(), 'aaaa-aaaa-aaaa-aaaa', 'recovery-codes')).status).toBe(
        401,
      );
    expect((await client.prove(await client.login(), app.wrong())).status).toBe(429);
    const ticket = await client.login<Ticket>();
    expect((await client.prove(ticket, recoveryCodes[0] ?? '', 'recovery-codes')).status).toBe(200);
  });

  it('ends a ticket by its fifth wrong answer, whatever the factor', async () => {
    const ticket = await client.login<Ticket>();
    for (let index = 0; index < 5; index++)
      expect(await codesOf([await client.prove(ticket, 'x', 'recovery-codes')])).toEqual(['mfa_failed']);
    expect(await codesOf([await client.prove(ticket, app.code())])).toEqual(['invalid_login_ticket']);
  });

  it('has a ticket that is over after five minutes', async () => {
    const ticket = await client.login<Ticket>();
    client.clock.forward(290);
    expect(await codesOf([await client.prove(ticket, app.wrong())])).toEqual(['mfa_failed']);
    client.clock.forward(10);
    expect(await codesOf([await client.prove(ticket, app.code())])).toEqual(['invalid_login_ticket']);
  });

  it('has a ticket for one client alone', async () => {
    const ticket = await client.login<Ticket>();
    const body = { ticket: ticket.ticket, factor: 'totp', code: app.code() };
    const other = await running.send('POST', '/other/mfa', {}, body);
    expect((await problemIn(other)).code).toBe('invalid_login_ticket');
    expect((await client.post('mfa', body)).status).toBe(200);
  });

  it('has a ticket that a revocation of its user ends', async () => {
    const ticket = await client.login<Ticket>();
    await running.app.get(RevocationService).revokeUser('ada', { reason: 'a test' });
    expect(await codesOf([await client.prove(ticket, app.code())])).toEqual(['invalid_login_ticket']);
    expect((await client.prove(await client.login(), app.code())).status).toBe(200);
  });

  it('ends in no session where its user is revoked while it begins', async () => {
    const ticket = await client.login<Ticket>();
    const users = running.app.get(Users, { strict: false });
    const find = users.find.bind(users);
    users.find = async (subject) => {
      users.find = find;
      await running.app.get(RevocationService).revokeUser(subject, { reason: 'a test' });
      return find(subject);
    };
    expect(await codesOf([await client.prove(ticket, app.code())])).toEqual(['invalid_login_ticket']);
    const [started] = running.events.of('session.started').slice(-1);
    expect(running.events.of('session.ended')).toContainEqual(
      expect.objectContaining({ sessionId: started?.sessionId }),
    );
  });

  it('refuses who was disabled meanwhile', async () => {
    const ticket = await client.login<Ticket>();
    const users = running.app.get(Users, { strict: false });
    await users.add('ada', { isDisabled: true });
    expect(await codesOf([await client.prove(ticket, app.code())])).toEqual(['invalid_login_ticket']);
  });

  it('has a ticket that is no access token, nor is one a ticket, and none belongs into a URL', async () => {
    const { ticket } = await client.login<Ticket>();
    const bearer = await running.get('/user', { authorization: `Bearer ${ticket}` });
    expect((await problemIn(bearer)).code).toBe('invalid_token');
    for (const path of ['/auth/factors', '/auth/sessions'])
      expect(await running.statusOf(path, { authorization: `Bearer ${ticket}` })).toBe(401);
    const { access_token } = await client.login<Tokens>('bob');
    const asTicket = await client.post('mfa', {
      ticket: access_token.slice(0, 60),
      factor: 'totp',
      code: '1',
    });
    expect((await problemIn(asTicket)).code).toBe('invalid_login_ticket');
    const inUrl = await running.get(`/open?ticket=${ticket}`);
    expect((await problemIn(inUrl)).code).toBe('invalid_request');
    const [leaked] = await running.events.first('credential.leaked');
    expect(JSON.stringify(leaked)).not.toContain(ticket);
  });

  it.each([
    ['no ticket', { ticket: undefined }],
    ['a ticket that is a list', { ticket: ['x'] }],
    ['another field', { username: 'ada' }],
    ['a code that is a number', { code: 123456 }],
    ['a very long code', { code: '1'.repeat(101) }],
    ['a passkey that is a text', { code: undefined, passkey: 'x' }],
  ])('refuses a body with %s', async (_, more) => {
    const { ticket } = await client.login<Ticket>();
    const response = await client.post('mfa', { ticket, factor: 'totp', code: '123456', ...more });
    expect(response.status).toBe(400);
  });

  it.each(['', '12345', '1234567', '１２３４５６', '12345a', ' ', "' or 1=1", '-12345', '123456\n'])(
    'takes %j for no code',
    async (code) => {
      const response = await client.prove(await client.login(), code);
      expect([400, 401]).toContain(response.status);
    },
  );

  it('says what may be proven where no answer comes', async () => {
    const ticket = await client.login<Ticket>();
    const answer = await client.post('mfa', { ticket: ticket.ticket });
    expect(await answer.json()).toEqual({ ...ticket, expires_in: expect.any(Number) });
  });
});

describeOnPlatforms('a login ticket on %s', (running) => {
  const client = new MfaClient(running);

  it('is for the network that it was given to', async () => {
    await client.start({ trustedProxies: ['loopback'] });
    const { app } = await client.enrolled();
    const from = (address: string) => ({ 'x-forwarded-for': address });
    for (const [given, near, far] of [
      ['203.0.113.7', '203.0.113.250', '203.0.114.7'],
      ['2001:db8:1:2::3', '2001:db8:1:ffff::1', '2001:db8:2:2::3'],
    ] as const) {
      client.clock.forward(60);
      const ticket = await client.login<Ticket>('ada', from(given));
      expect(await codesOf([await client.prove(ticket, app.code(), 'totp', from(far))])).toEqual([
        'invalid_login_ticket',
      ]);
      expect((await client.prove(ticket, app.code(), 'totp', from(near))).status).toBe(200);
    }
  });

  it('is bound to the key of the login, and so are the tokens', async () => {
    await client.start({ publicOrigins: [ORIGIN] });
    const { app } = await client.enrolled();
    const key = new TestProofKey();
    const proof = (by: TestProofKey, path: string) => {
      const iat = Math.floor(client.clock.now() / 1000);
      return { DPoP: by.proof({ method: 'POST', url: `${ORIGIN}/auth/${path}` }, { claims: { iat } }) };
    };
    const ticket = await client.login<Ticket>('ada', proof(key, 'login'));
    const prove = (headers: object) => client.prove(ticket, app.code(), 'totp', headers);
    expect(await codesOf([await prove({}), await prove(proof(new TestProofKey(), 'mfa'))])).toEqual([
      'invalid_login_ticket',
      'invalid_login_ticket',
    ]);
    const answer = await prove(proof(key, 'mfa'));
    expect(await answer.json()).toMatchObject({ token_type: 'DPoP' });
    client.clock.forward(60);
    const unbound = await client.login<Ticket>();
    expect(await codesOf([await client.prove(unbound, app.code(), 'totp', proof(key, 'mfa'))])).toEqual([
      'invalid_login_ticket',
    ]);
  });

  it('leads to a cookie where the client keeps refresh tokens there, from its own pages alone', async () => {
    await client.start({}, { cookie: true });
    const own = { 'sec-fetch-site': 'same-origin' };
    const { access_token } = await client.login('ada', own);
    const { app } = await client.enrol({ access_token } as Tokens);
    const ticket = await client.login<Ticket>('ada', own);
    expect(await codesOf([await client.prove(ticket, app.code())])).toEqual(['cross_site_request']);
    const answer = await client.prove(ticket, app.code(), 'totp', own);
    expect(answer.headers.get('set-cookie')).toMatch(/^__Host-refresh=ptc_rt_/);
    expect(await answer.json()).not.toHaveProperty('refresh_token');
  });

  it('is not kept itself, and nobody gets in while tickets or factors can not be read', async () => {
    const store = new MemoryLoginTicketStore();
    const kept: unknown[] = [];
    let isAway = false;
    const watched = new Proxy(store, {
      get:
        (target, name: keyof LoginTicketStore) =>
        (...parameters: never[]) => {
          kept.push(parameters);
          if (isAway) throw new Error('away');
          return (target[name] as (...all: never[]) => unknown)(...parameters);
        },
    });
    const methods = ['insert', 'find', 'beginTry', 'use', 'forgetExpiredBefore'] as const;
    const asStore = Object.fromEntries(
      methods.map((name) => [
        name,
        async (...all: never[]) => watched[name](...(all as [never, never, never])),
      ]),
    );
    await client.start({ stores: { loginTickets: asStore as unknown as LoginTicketStore } });
    const { app } = await client.enrolled();
    const ticket = await client.login<Ticket>();
    expect(kept.length).toBeGreaterThan(0);
    expect(JSON.stringify(kept)).not.toContain(ticket.ticket.slice(7));
    isAway = true;
    expect((await client.prove(ticket, app.code())).status).toBe(503);
    expect((await client.post('login', { username: 'ada', password: PASSWORD })).status).toBe(503);
  });
});
