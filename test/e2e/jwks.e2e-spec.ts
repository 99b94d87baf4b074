import type { RequestListener } from 'node:http';
import { Controller, Get } from '@nestjs/common';
import { type PortcullisOptions, RequireUser, TokenIssuer } from '@portcullis/auth';
import { TestClock } from '../support/clock.js';
import { eachRefusal, ownTokens, userWith } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { listen } from '../support/listen.js';
import { describeOnPlatforms, RunningApp } from '../support/running-app.js';

@RequireUser('parcels:read')
@Controller('parcels')
class ParcelsController {
  @Get()
  list() {
    return [];
  }
}

const appB = 'https://b.example';

const trusting = (jwksUri: string) => ({
  issuer: ownTokens.issuer.url,
  jwksUri,
  allowHttpOnLoopback: true,
});

describeOnPlatforms('keys of another issuer on %s', (b) => {
  const { platform } = b;
  const open: { close(): unknown }[] = [];
  const start = (running: RunningApp, options: PortcullisOptions) =>
    running.start({
      portcullis: { bans: { ...eachRefusal, strikeLimit: 2, privateAddresses: true }, ...options },
      controllers: [ParcelsController],
    });
  /** An app that issues tokens for `audience`. */
  const startIssuer = (running: RunningApp, audience: string) =>
    start(running, { tokens: { ...ownTokens, audience } });
  /** An app of its own audience that trusts whose keys are at `jwksUri`. */
  const startRelyingApp = (jwksUri: string, options: PortcullisOptions = {}) =>
    start(b, { ...options, tokens: { audience: appB, trustedIssuers: [trusting(jwksUri)] } });
  /** Issues tokens for app B. */
  const issuer = new RunningApp(platform);
  const jwks = '/.well-known/jwks.json';

  beforeAll(() => startIssuer(issuer, appB));
  afterAll(() => issuer.close());
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  /** One more issuer, closed after the test. */
  const anotherIssuer = async (audience: string) => {
    const another = new RunningApp(platform);
    open.push(another);
    await startIssuer(another, audience);
    return another;
  };
  const serve = async (listener: RequestListener): Promise<string> => {
    const server = await listen(listener);
    open.push(server);
    return `${server.url}/jwks`;
  };
  const unreachable = async (): Promise<string> => {
    const server = await listen(() => {});
    await server.close();
    return `${server.url}/jwks`;
  };
  const tokenFrom = ({ app }: RunningApp) => userWith(app, ['parcels:read']);

  it('are published without their private part, for everybody', async () => {
    const response = await issuer.fetch(jwks);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      keys: [
        {
          kty: 'OKP',
          crv: 'Ed25519',
          alg: 'EdDSA',
          use: 'sig',
          kid: expect.any(String),
          x: expect.any(String),
        },
      ],
    });
  });

  it('are not there where no tokens are issued', async () => {
    await startRelyingApp(await unreachable());
    expect(await b.statusOf(jwks)).toBe(404);
  });

  it("let app B accept the tokens that app A issued for it, but not app A's own", async () => {
    await startRelyingApp(issuer.url + jwks);
    expect(await b.statusOf('/parcels', await tokenFrom(issuer))).toBe(200);
    expect(await b.statusOf('/parcels', await userWith(issuer.app, []))).toBe(403);

    const issuerForA = await anotherIssuer('https://a.example');
    await startRelyingApp(issuerForA.url + jwks);
    const own = await tokenFrom(issuerForA);
    expect(await issuerForA.statusOf('/parcels', own)).toBe(200);
    expect(await b.statusOf('/parcels', own)).toBe(401);
  });

  it('are not asked of an issuer that is not trusted, nor of the app that relies on them', async () => {
    const stranger = await anotherIssuer(appB);
    await startRelyingApp(issuer.url + jwks);
    expect(await b.statusOf('/parcels', await tokenFrom(stranger))).toBe(401);
    await expect(b.app.get(TokenIssuer).issue({ subject: 'ada', clientId: 'web' })).rejects.toThrow(
      /issues no tokens/,
    );
  });

  it.each<[string, RequestListener | undefined]>([
    ['that cannot be reached', undefined],
    ['that answers with an error', (_, response) => response.writeHead(500).end('{"keys":[]}')],
    ['that answers with no JSON', (_, response) => response.end('<html>')],
    ['that answers with no key set', (_, response) => response.end('{}')],
    ['that sends us elsewhere', (_, response) => response.writeHead(302, { location: '/moved' }).end()],
    ['that hangs up', (request) => request.socket.destroy()],
  ])('of a server %s are answered with 503 and Retry-After, and that is no strike', async (_, listener) => {
    await startRelyingApp(await (listener ? serve(listener) : unreachable()));
    const token = await tokenFrom(issuer);

    for (let attempt = 0; attempt < 3; attempt++) {
      const response = await b.get('/parcels', token);
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('1');
      expect(response.headers.get('www-authenticate')).toBeNull();
      expect((await problemIn(response)).code).toBe('temporarily_unavailable');
    }
    await b.close();
    expect(b.events.of('request.refused')).toHaveLength(3);
    expect(b.events.of('address.struck')).toEqual([]);
  });

  it('of a server that never answers are not waited for for ever', async () => {
    await startRelyingApp(await serve(() => {}));
    const response = await b.get('/parcels', await tokenFrom(issuer));
    expect(response.status).toBe(503);
    expect((await problemIn(response)).code).toBe('temporarily_unavailable');
  });

  it('are found again as soon as they can be reached', async () => {
    const published = await (await issuer.fetch(jwks)).text();
    let available = false;
    const clock = new TestClock();
    await startRelyingApp(
      await serve((_, response) => response.writeHead(available ? 200 : 503).end(published)),
      { now: clock.now },
    );
    const token = await tokenFrom(issuer);
    expect(await b.statusOf('/parcels', token)).toBe(503);
    available = true;
    clock.forward(1);
    expect(await b.statusOf('/parcels', token)).toBe(200);
  });
});
