import { PortcullisModule } from '@portcullis/auth';
import { TestProofKey } from '@portcullis/testing';
import { userWith } from '../support/credentials.js';
import { importFrom, layOut } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';

const PAGE = 'docs/guides/binding.md';
const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const { AppModule } = await load('app.module.ts');
const { boundIssuer } = await load('bound-issuer.ts');
const { boundPost } = await load('bound-call.ts');

afterAll(laidOut.remove);

it('shows options for an issuer that the module accepts', async () => {
  const { app } = await boot('express', { imports: [PortcullisModule.forRoot(boundIssuer)] });
  await app.close();
});

describe.each(platforms)('the guide to bindings on %s', (platform) => {
  const origin = 'https://api.example';

  it('has a login that binds, and routes that take what they say', async () => {
    const { app, url } = await boot(platform, { imports: [AppModule] });
    const phone = new TestProofKey();
    const login = async (headers: Record<string, string>) => {
      const response = await fetch(`${url}/auth/login`, { method: 'POST', headers });
      return (await response.json()) as { access_token: string; token_type: string };
    };
    const { token_type } = await login({});
    expect(token_type).toBe('Bearer');
    const bound = await login({ DPoP: phone.proof({ method: 'POST', url: `${origin}/auth/login` }) });
    expect(bound.token_type).toBe('DPoP');

    const statusOf = async (method: string, headers: Record<string, string>) =>
      (await fetch(`${url}/payments`, { method, headers })).status;
    const target = { url: `${origin}/payments`, accessToken: bound.access_token };
    expect(await statusOf('GET', phone.headers({ ...target, method: 'GET' }))).toBe(200);
    expect(await statusOf('POST', phone.headers({ ...target, method: 'POST' }))).toBe(201);
    expect(await statusOf('GET', { authorization: `Bearer ${bound.access_token}` })).toBe(401);
    const bearer = await userWith(app);
    expect([await statusOf('GET', bearer), await statusOf('POST', bearer)]).toEqual([200, 401]);
    expect(await statusOf('POST', await boundPost(app, '/payments'))).toBe(201);
    await app.close();
  });
});
