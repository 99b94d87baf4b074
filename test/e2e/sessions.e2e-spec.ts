import {
  MemorySessionStore,
  PersonalTokenService,
  PortcullisAdminModule,
  type PortcullisModuleOptions,
  PortcullisPersonalTokensModule,
  PortcullisSessionsModule,
  type PortcullisSessionsOptions,
  RevocationService,
  type UserIdentity,
} from '@portcullis/auth';
import { TestClock } from '../support/clock.js';
import { noStrikes, ownTokens, userWith } from '../support/credentials.js';
import { eventually } from '../support/eventually.js';
import { problemIn } from '../support/http.js';
import { mistyped } from '../support/mistyped.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { describeOnPlatforms, type RunningApp } from '../support/running-app.js';
import { PASSWORD, QUICK_HASHER, Users, UsersModule } from '../support/users.js';

interface Tokens {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly refresh_token: string;
  readonly session_id: string;
}

const bearer = ({ access_token }: Tokens) => ({ authorization: `Bearer ${access_token}` });

/** What a client does with sessions. */
class Client {
  constructor(readonly running: RunningApp) {}

  post(path: string, body: object = {}, headers: Record<string, string> = {}): Promise<Response> {
    return this.running.send('POST', `/auth/${path}`, headers, body);
  }

  async login(username = 'ada', more: object = {}): Promise<Tokens> {
    const response = await this.post('login', { username, password: PASSWORD, ...more });
    expect(response.status).toBe(200);
    return (await response.json()) as Tokens;
  }

  async refresh({ refresh_token }: Tokens): Promise<Tokens> {
    const response = await this.post('refresh', { refresh_token });
    expect(response.status).toBe(200);
    return (await response.json()) as Tokens;
  }

  /** Whether the access token and the refresh token are taken; the latter is used up by that. */
  async worksOf(tokens: Tokens): Promise<[boolean, boolean]> {
    const access = await this.running.statusOf('/user', bearer(tokens));
    const refresh = await this.post('refresh', { refresh_token: tokens.refresh_token });
    await refresh.arrayBuffer();
    return [access === 200, refresh.status === 200];
  }

  async sessions(tokens: Tokens): Promise<Record<string, unknown>[]> {
    const response = await this.running.get('/auth/sessions', bearer(tokens));
    expect(response.headers.get('cache-control')).toBe('no-store');
    return ((await response.json()) as { sessions: Record<string, unknown>[] }).sessions;
  }
}

describeOnPlatforms('sessions on %s', (running) => {
  const client = new Client(running);
  const clock = new TestClock();
  let store: MemorySessionStore;

  const start = async (
    portcullis: Partial<PortcullisModuleOptions> = {},
    routes: Partial<PortcullisSessionsOptions> = {},
  ) => {
    store = new MemorySessionStore();
    await running.start({
      portcullis: {
        ...{ tokens: ownTokens, bans: noStrikes, passwords: { hasher: QUICK_HASHER }, now: clock.now },
        stores: { sessions: store },
        ...portcullis,
      },
      imports: [
        UsersModule,
        PortcullisSessionsModule.register({
          users: Users,
          imports: [UsersModule],
          clientId: 'web',
          ...routes,
        }),
        PortcullisAdminModule.register(),
        PortcullisPersonalTokensModule.register(),
      ],
      controllers: [PlainRoutesController],
    });
    await running.app.get(Users, { strict: false }).add('ada');
    await running.app.get(Users, { strict: false }).add('bob');
  };

  describe('with refresh tokens in the answers', () => {
    beforeEach(() => start());

    it('begin with a login, go on with a refresh, and end with a logout', async () => {
      const first = await client.login();
      expect(first).toEqual({
        access_token: expect.any(String),
        token_type: 'Bearer',
        expires_in: 900,
        refresh_token: expect.stringMatching(/^ptc_rt_/),
        session_id: expect.any(String),
      });
      const second = await client.refresh(first);
      expect(second.session_id).toBe(first.session_id);
      expect(await running.statusOf('/user', bearer(second))).toBe(200);
      const logout = await client.post('logout', {}, bearer(second));
      expect([logout.status, logout.headers.get('cache-control')]).toEqual([204, 'no-store']);
      for (const tokens of [first, second]) expect(await client.worksOf(tokens)).toEqual([false, false]);
      expect(await client.worksOf(await client.login())).toEqual([true, true]);
    });

    it('say the same of a wrong name and a wrong password, and of a disabled user', async () => {
      await running.app.get(Users, { strict: false }).add('eve', { isDisabled: true });
      const answers = await Promise.all(
        [
          { username: 'ada', password: 'wrong' },
          { username: 'nobody', password: PASSWORD },
          { username: 'eve', password: PASSWORD },
        ].map(async (body) => {
          const response = await client.post('login', body);
          return [response.status, response.headers.get('cache-control'), await response.json()];
        }),
      );
      expect(answers[0]?.[0]).toBe(401);
      for (const answer of answers) expect(answer).toEqual(answers[0]);
    });

    it.each([
      ['another field', { session_id: 'mine' }],
      ['a list for a name', { username: ['ada'] }],
      ['no device', { device: '' }],
      ['a device that breaks the line', { device: 'phone\nof bob' }],
      ['a device that turns around what follows', { device: 'phone \u202e' }],
      ['a device of ten thousand letters', { device: 'x'.repeat(10_000) }],
      ['a very long password', { password: 'x'.repeat(1_001) }],
    ])('refuse a login with %s', async (_, more) => {
      const response = await client.post('login', { username: 'ada', password: PASSWORD, ...more });
      expect(response.status).toBe(400);
    });

    it('are never those that a login brings along', async () => {
      const mine = await client.login('bob');
      for (const headers of [
        { cookie: `__Host-refresh=${mine.refresh_token}; sid=${mine.session_id}` },
        bearer(mine),
        { 'x-session-id': mine.session_id },
      ]) {
        const body = { username: 'ada', password: PASSWORD };
        const response = await client.post('login', body, headers as Record<string, string>);
        const { session_id } = (await response.json()) as Tokens;
        expect([response.status, session_id === mine.session_id]).toEqual([200, false]);
      }
      expect(await client.worksOf(mine)).toEqual([true, true]);
    });

    it('are called by whatever their users write, from right to left and in pictures', async () => {
      for (const device of ['هاتف آدا', '👩‍💻 می‌نویسم']) {
        const tokens = await client.login('ada', { device });
        expect((await client.sessions(tokens)).find(({ current }) => current)).toMatchObject({ device });
      }
    });

    it('refuse what is no refresh token of theirs', async () => {
      const { access_token, refresh_token } = await client.login();
      for (const sent of ['', 'x', access_token.slice(0, 100), mistyped(refresh_token)]) {
        const response = await client.post('refresh', { refresh_token: sent });
        expect((await problemIn(response)).code).toBe('invalid_refresh_token');
        expect(response.status).toBe(401);
      }
      expect((await client.post('refresh')).status).toBe(401);
      expect((await client.post('refresh', { refresh_token: { x: 1 } })).status).toBe(400);
      expect((await client.post('logout')).status).toBe(401);
    });

    it('take no refresh token for an access token', async () => {
      const { refresh_token } = await client.login();
      const response = await running.get('/user', { authorization: `Bearer ${refresh_token}` });
      expect((await problemIn(response)).code).toBe('invalid_token');
    });

    it('end with the refresh token alone, too', async () => {
      const tokens = await client.login();
      const { refresh_token } = tokens;
      expect((await client.post('logout', { refresh_token })).status).toBe(204);
      expect(await client.worksOf(tokens)).toEqual([false, false]);
      expect((await client.post('logout', { refresh_token })).status).toBe(401);
    });

    it('end everywhere', async () => {
      const [one, other, bob] = [await client.login(), await client.login(), await client.login('bob')];
      expect((await client.post('logout', { everywhere: true }, bearer(one))).status).toBe(204);
      for (const tokens of [one, other]) expect(await client.worksOf(tokens)).toEqual([false, false]);
      expect(await client.worksOf(bob)).toEqual([true, true]);
      expect(await client.worksOf(await client.login())).toEqual([true, true]);
    });

    it('are listed for their user, with the one that asks, and without anything that opens them', async () => {
      const phone = await client.login('ada', { device: 'phone' });
      clock.forward(5);
      const laptop = await client.login('ada', { device: 'laptop' });
      await client.login('bob');
      const listed = await client.sessions(phone);
      expect(listed.map(({ id, device, current }) => [id, device, current])).toEqual([
        [laptop.session_id, 'laptop', false],
        [phone.session_id, 'phone', true],
      ]);
      expect(listed[1]).toMatchObject({ amr: ['pwd'], acr: null, lastUsedFrom: '127.0.0.1' });
      const kept = await store.find(phone.session_id);
      expect(JSON.stringify(listed)).not.toContain(kept?.secretHash);
      expect(JSON.stringify(listed)).not.toContain(phone.refresh_token);
    });

    it('are ended one by one by their user, and by nobody else', async () => {
      const [phone, laptop, bob] = [await client.login(), await client.login(), await client.login('bob')];
      const end = async (id: string, who: Tokens) =>
        (await running.send('DELETE', `/auth/sessions/${id}`, bearer(who))).status;
      expect(await end(laptop.session_id, bob)).toBe(404);
      expect(await end('nothing', bob)).toBe(404);
      expect(await end(laptop.session_id, phone)).toBe(204);
      expect(await end(laptop.session_id, phone)).toBe(404);
      expect(await client.worksOf(laptop)).toEqual([false, false]);
      expect(await client.worksOf(phone)).toEqual([true, true]);
    });

    it('end but for the one that asks, only when that is said', async () => {
      const [phone, laptop] = [await client.login(), await client.login()];
      for (const query of ['', '?others=false', '?others=', '?others=true&x=1'])
        expect((await running.send('DELETE', `/auth/sessions${query}`, bearer(phone))).status).toBe(400);
      const ofNoSession = await userWith(running.app);
      expect((await running.send('DELETE', '/auth/sessions?others=true', ofNoSession)).status).toBe(409);
      expect(await running.statusOf('/user', bearer(laptop))).toBe(200);
      expect((await running.send('DELETE', '/auth/sessions?others=true', bearer(phone))).status).toBe(204);
      expect(await client.worksOf(laptop)).toEqual([false, false]);
      expect(await client.worksOf(phone)).toEqual([true, true]);
    });

    it('are nothing that a personal token can see or end', async () => {
      const tokens = await client.login();
      const user = {
        issuer: ownTokens.issuer.url,
        subject: 'ada',
        scopes: ['parcels:*'],
        claims: {},
        issuedAt: 0,
      };
      const { key } = await running.app
        .get(PersonalTokenService)
        .create(user as unknown as UserIdentity, { name: 'script', scopes: ['parcels:read'] });
      const personal = { authorization: `Bearer ${key}` };
      expect(await running.statusOf('/auth/sessions', personal)).toBe(403);
      for (const path of ['?others=true', `/${tokens.session_id}`])
        expect((await running.send('DELETE', `/auth/sessions${path}`, personal)).status).toBe(403);
      expect((await client.post('logout', { everywhere: true }, personal)).status).toBe(401);
      expect(await client.worksOf(tokens)).toEqual([true, true]);
    });

    it('are listed and ended by admins', async () => {
      const [ada, bob] = [await client.login(), await client.login('bob')];
      const admin = await userWith(running.app, ['sessions:admin'], 'root');
      expect(await running.statusOf('/admin/sessions?subject=ada', bearer(ada))).toBe(403);
      expect(await running.statusOf('/admin/sessions', admin)).toBe(400);
      const listed = (await (await running.get('/admin/sessions?subject=ada', admin)).json()) as {
        sessions: { id: string }[];
      };
      expect(listed.sessions.map(({ id }) => id)).toEqual([ada.session_id]);
      expect((await running.send('DELETE', '/admin/sessions?subject=ada', admin)).status).toBe(204);
      expect(await client.worksOf(ada)).toEqual([false, false]);
      const ofBob = `/admin/sessions/${bob.session_id}?reason=stolen`;
      expect((await running.send('DELETE', ofBob, admin)).status).toBe(204);
      expect((await running.send('DELETE', ofBob, admin)).status).toBe(404);
      expect(await client.worksOf(bob)).toEqual([false, false]);
      const ended = running.events.all.filter(({ type }) => type === 'session.ended');
      expect(ended.at(-1)).toMatchObject({ actor: 'root', reason: 'stolen', sessionId: bob.session_id });
    });

    it('end when their user or their client is revoked, and begin again at once', async () => {
      const service = running.app.get(RevocationService);
      for (const revoke of [
        () => service.revokeUser('ada', { reason: 'left' }),
        () => service.revokeClient('web', { reason: 'leaked' }),
      ]) {
        const tokens = await client.login();
        await revoke();
        expect(await client.worksOf(tokens)).toEqual([false, false]);
        expect(await client.worksOf(await client.login())).toEqual([true, true]);
      }
    });

    it('do not end because somebody who knows the users is away', async () => {
      const tokens = await client.login();
      const users = running.app.get(Users, { strict: false });
      users.isAway = true;
      const { refresh_token } = tokens;
      expect((await client.post('refresh', { refresh_token })).status).toBe(503);
      expect((await client.post('login', { username: 'ada', password: PASSWORD })).status).toBe(503);
      users.isAway = false;
      expect(await client.worksOf(tokens)).toEqual([true, true]);
    });

    it('report a refresh token in a URL, and do not show it', async () => {
      const { refresh_token, session_id } = await client.login();
      const response = await running.get(`/user?token=${refresh_token}`);
      expect(response.status).toBe(400);
      await response.arrayBuffer();
      await eventually(() => running.events.all.some(({ type }) => type === 'credential.leaked'));
      expect(running.events.all).toContainEqual(
        expect.objectContaining({ type: 'credential.leaked', leak: 'url', id: session_id }),
      );
      expect(JSON.stringify(running.events.all)).not.toContain(refresh_token);
    });
  });

  describe('with a cookie', () => {
    const PAGE = { 'sec-fetch-site': 'same-origin' };
    const COOKIE =
      /^__Host-refresh=(ptc_rt_[^;]+); Max-Age=(\d+); Path=\/; HttpOnly; Secure; SameSite=Strict$/;
    beforeEach(() => start({}, { cookie: true, allowedOrigins: ['https://app.example'] }));

    const cookieIn = (response: Response) => {
      const [cookie = '', ...others] = response.headers.getSetCookie();
      expect(others).toEqual([]);
      const [, token, seconds] = COOKIE.exec(cookie) ?? [];
      return { token, seconds: Number(seconds), cookie: `__Host-refresh=${token}` };
    };
    const enter = async () => {
      const response = await client.post('login', { username: 'ada', password: PASSWORD }, PAGE);
      expect(response.status).toBe(200);
      return { ...cookieIn(response), answer: (await response.json()) as Tokens };
    };

    it('keep the refresh token there and nowhere else', async () => {
      const { cookie, seconds, answer } = await enter();
      expect(seconds).toBeGreaterThan(1_209_590);
      expect(Object.keys(answer).sort()).toEqual(['access_token', 'expires_in', 'session_id', 'token_type']);
      const response = await client.post('refresh', {}, { ...PAGE, cookie });
      expect(response.status).toBe(200);
      expect(JSON.stringify(await response.json())).not.toContain('ptc_rt_');
      const next = cookieIn(response);
      expect(next.cookie).not.toBe(cookie);
      const logout = await client.post('logout', {}, { ...PAGE, cookie: next.cookie });
      expect([logout.status, logout.headers.getSetCookie()]).toEqual([
        204,
        ['__Host-refresh=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict'],
      ]);
      expect((await client.post('refresh', {}, { ...PAGE, cookie: next.cookie })).status).toBe(401);
      expect(await running.statusOf('/user', bearer(answer))).toBe(401);
    });

    it('let two tabs go on that refresh at once', async () => {
      const { cookie } = await enter();
      const answers = await Promise.all([1, 2].map(() => client.post('refresh', {}, { ...PAGE, cookie })));
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      const [one, other] = answers.map(cookieIn);
      expect(one?.cookie).toBe(other?.cookie);
      expect((await client.post('refresh', {}, { ...PAGE, cookie: one?.cookie ?? '' })).status).toBe(200);
    });

    it.each<[string, Record<string, string>]>([
      ['another site', { 'sec-fetch-site': 'cross-site' }],
      ['another origin of the same site', { 'sec-fetch-site': 'same-site' }],
      ['nobody', { 'sec-fetch-site': 'none' }],
      ['an unknown place', {}],
      ['an origin that is not listed', { origin: 'https://evil.example' }],
      ['the opaque origin', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
      ['an own page that sends a form', { ...PAGE, 'content-type': 'application/x-www-form-urlencoded' }],
      ['an own page that sends text', { ...PAGE, 'content-type': 'text/plain' }],
    ])('refuse what %s sends, and leave the session alone', async (_, headers) => {
      const { cookie } = await enter();
      const bodies = { refresh: {}, logout: {}, login: { username: 'ada', password: PASSWORD } };
      for (const [path, body] of Object.entries(bodies)) {
        const response = await running.fetch(`/auth/${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', cookie, ...headers },
          body: JSON.stringify(body),
        });
        // What is no JSON is refused by the parser of one framework, by the DTO of the other, or by us.
        if (headers['content-type'] === undefined)
          expect((await problemIn(response)).code).toBe('cross_site_request');
        else expect([400, 403, 415]).toContain(response.status);
        expect(response.headers.getSetCookie()).toEqual([]);
      }
      expect((await client.post('refresh', {}, { ...PAGE, cookie })).status).toBe(200);
    });

    it('take it from a page of an origin that is listed', async () => {
      const { cookie } = await enter();
      const headers = { origin: 'https://app.example', 'sec-fetch-site': 'same-site', cookie };
      expect((await client.post('refresh', {}, headers)).status).toBe(200);
    });

    it('look at it for nothing but refreshing and logging out, and at nothing else for that', async () => {
      const { cookie, token } = await enter();
      expect(await running.statusOf('/user', { cookie, ...PAGE })).toBe(401);
      expect(await running.statusOf('/auth/sessions', { cookie, ...PAGE })).toBe(401);
      expect((await client.post('refresh', { refresh_token: token }, PAGE)).status).toBe(401);
      const two = `${cookie}; __Host-refresh=x`;
      expect((await client.post('refresh', {}, { ...PAGE, cookie: two })).status).toBe(401);
    });
  });

  describe('with the rules for strikes', () => {
    beforeEach(() => start({ bans: { privateAddresses: true } }));

    it('let sixty people of one address in who come at once', async () => {
      const logins = await Promise.all(Array.from({ length: 60 }, () => client.login()));
      expect(new Set(logins.map(({ session_id }) => session_id)).size).toBe(60);
    }, 30_000);

    it('give somebody who guesses ten verdicts', async () => {
      const guesses = await Promise.all(
        Array.from({ length: 30 }, () => client.post('login', { username: 'ada', password: 'wrong' })),
      );
      expect(guesses.filter(({ status }) => status === 401)).toHaveLength(10);
    }, 30_000);
  });
});
