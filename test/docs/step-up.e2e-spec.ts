import type { INestApplication } from '@nestjs/common';
import { PortcullisModule } from '@portcullis/auth';
import { importFrom, layOut, readPage } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';

const PAGE = 'docs/guides/step-up.md';
const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const { AppModule } = await load('app.module.ts');
const { UsersService } = await load('users.service.ts');
const { tokens } = await load('trusted-logins.ts');

const PASSWORD = 'correct horse';

afterAll(laidOut.remove);

// The page's example of a test: importing it registers it here.
await load('payouts.e2e-spec.ts');

it('shows options for other issuers that the module accepts', async () => {
  const { app } = await boot('express', { imports: [PortcullisModule.forRoot({ tokens })] });
  await app.close();
});

describe.each(platforms)('the guide to step-up on %s', (platform) => {
  let app: INestApplication;
  let url: string;
  beforeEach(async () => {
    ({ app, url } = await boot(platform, { imports: [AppModule] }));
    await app.get(UsersService, { strict: false }).register(PASSWORD);
  });
  afterEach(() => app.close());

  const post = (path: string, body: object, token?: string) =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    });
  const json = async (answer: Promise<Response>) => (await answer).json() as Promise<Record<string, string>>;

  it('has a session that the password raises, and no other', async () => {
    const first = await json(post('/auth/login', { username: 'ada', password: PASSWORD }));
    const confirm = (password: string, token = first.access_token) =>
      post('/auth/confirm', { username: 'ada', password }, token);
    expect((await confirm('battery staple')).status).toBe(401);
    const raised = await json(confirm(PASSWORD));
    expect(Object.keys(raised)).toEqual(['access_token', 'token_type', 'expires_in']);
    expect((await post('/payouts', {}, raised.access_token)).status).toBe(201);
    expect((await post('/payouts/all', {}, raised.access_token)).status).toBe(401);
    const listed = await fetch(`${url}/auth/sessions`, {
      headers: { authorization: `Bearer ${raised.access_token}` },
    });
    const { sessions } = (await listed.json()) as { sessions: object[] };
    expect(sessions).toMatchObject([{ amr: ['pwd'], raised: { amr: ['pwd'], endsAt: expect.any(Number) } }]);
  });

  it('refuses as it shows', async () => {
    const { access_token } = await json(post('/auth/login', { username: 'ada', password: PASSWORD }));
    const response = await post('/payouts/all', {}, access_token);
    const shown = /WWW-Authenticate: Bearer realm="portcullis", (.*)/.exec(await readPage(PAGE))?.[1];
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain(shown);
    expect(await response.json()).toMatchObject({
      ...{ code: 'insufficient_user_authentication', acr_values: 'mfa', max_age: 300 },
    });
  });
});
