import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  LOGIN_ROADS,
  type LoginRoad,
  Logins,
  type MfaRequirement,
  type NewLogin,
  type PortcullisOptions,
  SessionService,
} from '@portcullis/auth';
import { ownTokens, userWith } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { claimsIn, MfaClient } from '../support/mfa-client.js';
import { repository } from '../support/pages.js';
import { describeOnPlatforms, type RunningApp } from '../support/running-app.js';

/** What comes of a road for somebody: a complete login, or what is missing. */
type Outcome = 'tokens' | 'mfa' | 'enrol';
type Road = (client: MfaClient, subject: string) => Promise<Outcome>;

const complete = async (
  { running }: MfaClient,
  login: Omit<NewLogin, 'clientId' | 'user'>,
  subject: string,
) => {
  const user = { subject, scopes: ['parcels:read'] };
  return (await running.app.get(Logins).complete({ user, clientId: 'web', ...login })).next;
};

const byLogin =
  (road: LoginRoad, amr: string): Road =>
  (client, subject) =>
    complete(client, { road, amr: [amr] }, subject);

/** Whoever adds a road says here how it is gone. */
const ROADS: Readonly<Record<LoginRoad, Road>> = {
  password: async (client, subject) => (await client.login<{ next?: Outcome }>(subject)).next ?? 'tokens',
  passkey: byLogin('passkey', 'hwk'),
  'single-sign-on': byLogin('single-sign-on', 'fed'),
  'password-reset': byLogin('password-reset', 'email'),
  recovery: byLogin('recovery', 'kba'),
  'device-flow': byLogin('device-flow', 'user'),
  'personal-token': async ({ running }, subject) =>
    outcomeOf(await makeBy(running, subject, '/personal-tokens', { name: 'x', scopes: [] })),
  'api-key': async ({ running }, subject) =>
    outcomeOf(await makeBy(running, subject, '/admin/api-keys', { appId: 'depot', name: 'x', scopes: [] })),
};

async function makeBy(running: RunningApp, subject: string, path: string, body: object): Promise<Response> {
  return running.send('POST', path, await userWith(running.app, ['keys:admin'], subject), body);
}

async function outcomeOf(response: Response): Promise<Outcome> {
  if (response.ok) return 'tokens';
  expect((await problemIn(response)).code).toBe('insufficient_user_authentication');
  return 'mfa';
}

describeOnPlatforms('the roads to a session on %s', (running) => {
  const client = new MfaClient(running);

  /** ada has a factor, bob has none. */
  const start = async (
    required: NonNullable<PortcullisOptions['mfa']>['required'],
    more: PortcullisOptions['mfa'] = {},
    options: Partial<PortcullisOptions> = {},
  ) => {
    let current: MfaRequirement = 'when-enrolled';
    await client.start({ mfa: { required: () => current, ...more }, ...options });
    await client.enrolled();
    current = required as MfaRequirement;
  };

  describe('where a factor is demanded of whoever has one', () => {
    beforeAll(() => start('when-enrolled'));

    it.each(LOGIN_ROADS)('ask whoever has a factor, and nobody else: %s', async (road) => {
      expect(await ROADS[road](client, 'ada')).toBe('mfa');
      expect(await ROADS[road](client, 'bob')).toBe('tokens');
    });

    it('end in no session where the app begins one by itself', async () => {
      const sessions = running.app.get(SessionService);
      const begin = (subject: string, more: object = {}) =>
        sessions.start({ user: { subject, scopes: [] }, clientId: 'web', ...more });
      for (const more of [{}, { acr: 'mfa', amr: ['pwd', 'mfa'] }, { isMultiFactor: undefined }])
        await expect(begin('ada', more)).rejects.toMatchObject({ code: 'mfa_required' });
      expect(await begin('bob')).toHaveProperty('accessToken');
    });
  });

  describe('where everybody must', () => {
    beforeAll(() => start('always'));

    it.each(LOGIN_ROADS)('let nobody without a factor do more than enrol: %s', async (road) => {
      expect(await ROADS[road](client, 'ada')).toBe('mfa');
      const expected = road === 'personal-token' || road === 'api-key' ? 'mfa' : 'enrol';
      expect(await ROADS[road](client, 'bob')).toBe(expected);
    });
  });

  describe('where nobody must', () => {
    beforeAll(() => start('never'));

    it.each(LOGIN_ROADS)('ask nobody: %s', async (road) => {
      for (const subject of ['ada', 'bob']) expect(await ROADS[road](client, subject)).toBe('tokens');
    });
  });

  it('are short where two factors are proven already', async () => {
    await start('always');
    const login = { road: 'passkey', amr: ['hwk', 'user'], isMultiFactor: true } as const;
    const result = await running.app
      .get(Logins)
      .complete({ user: { subject: 'bob', scopes: [] }, clientId: 'web', ...login });
    if (result.next !== 'tokens') throw new Error(result.next);
    expect(claimsIn({ access_token: result.tokens.accessToken })).toMatchObject({
      acr: 'mfa',
      amr: ['hwk', 'user', 'mfa'],
    });
  });

  it('believe what another issuer says of its login only where it is named', async () => {
    const trusted = {
      issuer: 'https://idp.example',
      acr: { gold: 'mfa', silver: 'password' },
      amr: ['mfa', 'otp'],
    };
    const plain = { issuer: 'https://plain.example', acr: {}, amr: ['otp'] };
    const trustedLogins = [trusted, plain, { issuer: 'https://bare.example' }];
    await start('when-enrolled', {}, { tokens: { ...ownTokens, trustedLogins } });
    const sso = (iss: string, upstreamProof?: object) =>
      complete(
        client,
        { road: 'single-sign-on', upstream: { iss, sub: '1' }, ...(upstreamProof && { upstreamProof }) },
        'ada',
      );
    const [idp, bare, other] = ['https://idp.example', 'https://bare.example', 'https://other.example'];
    expect(await sso('https://plain.example', { acr: 'mfa', amr: ['otp', 'mfa'] })).toBe('mfa');
    expect(await sso(idp, { acr: 'gold' })).toBe('tokens');
    expect(await sso(idp, { amr: ['pwd', 'mfa'] })).toBe('tokens');
    for (const proof of [
      undefined,
      {},
      { acr: 'mfa' },
      { acr: 'silver' },
      { amr: ['otp'] },
      { amr: ['gold'] },
    ])
      expect(await sso(idp, proof)).toBe('mfa');
    for (const iss of [bare, other]) expect(await sso(iss, { acr: 'gold', amr: ['mfa'] })).toBe('mfa');
    const handedOn = { road: 'single-sign-on', upstream: { iss: other, sub: '1' }, acr: 'mfa' } as const;
    await expect(complete(client, handedOn, 'bob')).rejects.toThrow('upstreamProof');
  });

  it('are closed where nobody can say what is demanded, and where what is said makes no sense', async () => {
    let answer: () => unknown = () => 'when-enrolled';
    await client.start({ mfa: { required: (() => answer()) as never } });
    const login = () => complete(client, { road: 'password' }, 'bob');
    expect(await login()).toBe('tokens');
    for (const nonsense of [undefined, null, false, '', 'Never', 'none', {}]) {
      answer = () => nonsense;
      expect(await login()).toBe('enrol');
    }
    answer = () => {
      throw new Error('a bug');
    };
    await expect(login()).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    answer = () => Promise.reject(new Error('another'));
    await expect(login()).rejects.toMatchObject({ code: 'temporarily_unavailable' });
  });

  it('tell the policy who it is and by which request', async () => {
    const asked: unknown[] = [];
    await client.start({
      mfa: {
        required: (user, request) => {
          asked.push([user.subject, (request as { url?: string } | undefined)?.url]);
          return 'never';
        },
      },
    });
    await client.login();
    await complete(client, { road: 'recovery' }, 'bob');
    expect(asked).toEqual([
      ['ada', '/auth/login'],
      ['bob', undefined],
    ]);
  });
});

it('has one place where sessions begin, and few who may ask it without the gate', async () => {
  const folder = join(repository, 'libs');
  const names = (await readdir(folder, { recursive: true })).filter(
    (name) => /^\w+\/src\/.*\.ts$/.test(name) && !/spec/.test(name),
  );
  const using = await Promise.all(
    names.map(async (name) =>
      (await readFile(join(folder, name), 'utf8')).includes('SessionStarting') ? name : [],
    ),
  );
  expect(using.flat().sort()).toEqual([
    // For the tools of tests, which begin sessions of factors that nobody has.
    'auth/src/internal.ts',
    'auth/src/mfa/ticket-logins.ts',
    'auth/src/sessions/logins.ts',
    'auth/src/sessions/session-extension.ts',
    'auth/src/sessions/session-service.ts',
    'auth/src/sessions/session-starting.ts',
    'testing/src/test-credentials.ts',
  ]);
});
