import { Controller, Get } from '@nestjs/common';
import { ApiKeyService, type PortcullisOptions, Public, TokenIssuer } from '@portcullis/auth';
import { appWith, noStrikes, ownMetadata, ownTokens, userWith } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { type AppParts, describeOnPlatforms } from '../support/running-app.js';
import { statusOverTls, testTls } from '../support/tls.js';

@Controller()
class IdentifyingController {
  @Public({ identify: true })
  @Get('identifying')
  identifying() {
    return 'in';
  }
}

const partsWith = (options: PortcullisOptions = {}): AppParts => ({
  portcullis: { tokens: ownTokens, bans: noStrikes, requireTls: true, ...options },
  controllers: [PlainRoutesController, IdentifyingController],
});
const behindProxy = partsWith({ trustedProxies: ['127.0.0.1'] });

describeOnPlatforms('requireTls on %s, in clear text', (running) => {
  const { get } = running;

  beforeEach(() => running.start(partsWith()));

  it('a good token is refused with a text that says why, and reported as leaked by its id', async () => {
    const { accessToken, tokenId } = await running.app
      .get(TokenIssuer)
      .issue({ subject: 'ada', clientId: 'web' });
    const response = await get('/user', { authorization: `Bearer ${accessToken}` });
    expect(response.status).toBe(403);
    const problem = await problemIn(response);
    expect(problem.code).toBe('tls_required');
    expect(problem.detail).toMatch(/unencrypted connection.*leaked.*https/);
    expect(running.events.of('credential.leaked')).toMatchObject([
      { credential: 'token', id: tokenId, request: { requestId: problem.requestId, path: '/user' } },
    ]);
  });

  it('a good API key likewise', async () => {
    const created = await running.app
      .get(ApiKeyService)
      .create({ appId: 'depot', name: 'depot', scopes: [], lifetimeSeconds: 'never' });
    const response = await get('/app', { 'x-api-key': created.key });
    expect(response.status).toBe(403);
    expect((await problemIn(response)).code).toBe('tls_required');
    expect(running.events.of('credential.leaked')).toMatchObject([{ credential: 'api-key', id: created.id }]);
  });

  it.each([
    ['token', '/user', { authorization: 'Bearer no.such.token' }],
    ['api-key', '/app', { 'x-api-key': 'ptc_live_nonsense' }],
  ])('a bad %s gets the same answer, and a report without an id', async (credential, path, headers) => {
    const response = await get(path, headers);
    expect(response.status).toBe(403);
    expect((await problemIn(response)).code).toBe('tls_required');
    const leaked = running.events.of('credential.leaked');
    expect(leaked).toMatchObject([{ credential }]);
    expect(leaked[0]).not.toHaveProperty('id');
  });

  it('who sends none is asked for one as ever', async () => {
    const response = await get('/user');
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(`Bearer realm="api", ${ownMetadata}`);
    expect(running.events.of('credential.leaked')).toEqual([]);
  });

  it('a public route lets in who sends one, unless it identifies callers', async () => {
    const user = await userWith(running.app);
    expect((await get('/public', user)).status).toBe(200);
    expect((await get('/identifying', user)).status).toBe(403);
  });

  it('what an untrusted peer says of its encryption is not believed', async () => {
    const headers = { ...(await userWith(running.app)), 'x-forwarded-proto': 'https' };
    expect((await get('/user', headers)).status).toBe(403);
  });
});

describeOnPlatforms('requireTls on %s, behind a trusted proxy', (running) => {
  beforeAll(() => running.start(behindProxy));

  it.each([
    ['https', 200],
    ['HTTPS', 200],
    ['https, https', 200],
    ['http', 403],
    ['https,http', 403],
    ['http,https', 403],
    ['', 403],
    ['httpsx', 403],
  ])('X-Forwarded-Proto: %s is believed: %i', async (protocol, status) => {
    const headers = { ...(await userWith(running.app)), 'x-forwarded-proto': protocol };
    expect((await running.fetch('/user', { headers })).status).toBe(status);
  });

  it('a proxy that says nothing came in clear text', async () => {
    expect((await running.fetch('/user', { headers: await userWith(running.app) })).status).toBe(403);
  });
});

describeOnPlatforms('requireTls on %s, over TLS', (running) => {
  it('lets good credentials in, and no others', async () => {
    await running.start({ ...partsWith(), tls: testTls });
    const { app, url } = running;
    expect(url).toMatch(/^https:/);
    expect(await statusOverTls(`${url}/user`, await userWith(app))).toBe(200);
    expect(await statusOverTls(`${url}/app`, await appWith(app))).toBe(200);
    expect(await statusOverTls(`${url}/user`, { authorization: 'Bearer x' })).toBe(401);
  });

  it('does not let a trusted proxy count as encrypted that says it was asked in clear text', async () => {
    await running.start({ ...behindProxy, tls: testTls });
    const { app, url } = running;
    const user = await userWith(app);
    expect(await statusOverTls(`${url}/user`, { ...user, 'x-forwarded-proto': 'http' })).toBe(403);
    expect(await statusOverTls(`${url}/user`, user)).toBe(200);
  });
});

describeOnPlatforms('requireTls by default on %s', (running) => {
  const { NODE_ENV } = process.env;

  afterEach(() => {
    process.env.NODE_ENV = NODE_ENV;
  });

  it.each([
    ['production', 403],
    ['development', 200],
  ])('in %s a token in clear text gets %i', async (environment, status) => {
    process.env.NODE_ENV = environment;
    await running.start({ portcullis: { tokens: ownTokens }, controllers: [PlainRoutesController] });
    expect(await running.statusOf('/user', await userWith(running.app))).toBe(status);
  });
});
