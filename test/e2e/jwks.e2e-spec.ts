import type { RequestListener } from 'node:http';
import { Controller, Get } from '@nestjs/common';
import { PortcullisModule, type PortcullisOptions, RequireUser, TokenIssuer } from '@portcullis/auth';
import { TestClock } from '../support/clock.js';
import { eachRefusal, ownTokens, userWith } from '../support/credentials.js';
import { EventRecorder } from '../support/events.js';
import { problemIn } from '../support/http.js';
import { listen } from '../support/listen.js';
import { type Booted, boot, platforms } from '../support/platforms.js';

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

describe.each(platforms)('keys of another issuer on %s', (platform) => {
  const open: { close(): unknown }[] = [];

  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  const bootApp = async (options: PortcullisOptions): Promise<Booted> => {
    const imports = [
      PortcullisModule.forRoot({
        bans: { ...eachRefusal, strikeLimit: 2, privateAddresses: true },
        ...options,
      }),
    ];
    const booted = await boot(platform, { imports, controllers: [ParcelsController] });
    open.push(booted.app);
    return booted;
  };
  /** An app that issues tokens for `audience`. */
  const bootIssuer = (audience: string) => bootApp({ tokens: { ...ownTokens, audience } });
  /** An app of its own audience that trusts whose keys are at `jwksUri`. */
  const bootRelyingApp = (jwksUri: string, options: PortcullisOptions = {}) =>
    bootApp({ ...options, tokens: { audience: appB, trustedIssuers: [trusting(jwksUri)] } });
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
  const parcels = (url: string, headers: Record<string, string>) => fetch(`${url}/parcels`, { headers });

  it('are published without their private part, for everybody', async () => {
    const { url } = await bootIssuer(appB);
    const response = await fetch(`${url}/.well-known/jwks.json`);
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
    const { url } = await bootRelyingApp(await unreachable());
    expect((await fetch(`${url}/.well-known/jwks.json`)).status).toBe(404);
  });

  it("let app B accept the tokens that app A issued for it, but not app A's own", async () => {
    const issuerForB = await bootIssuer(appB);
    const b = await bootRelyingApp(`${issuerForB.url}/.well-known/jwks.json`);
    expect((await parcels(b.url, await userWith(issuerForB.app, ['parcels:read']))).status).toBe(200);
    expect((await parcels(b.url, await userWith(issuerForB.app, []))).status).toBe(403);

    const issuerForA = await bootIssuer('https://a.example');
    const c = await bootRelyingApp(`${issuerForA.url}/.well-known/jwks.json`);
    const own = await userWith(issuerForA.app, ['parcels:read']);
    expect((await parcels(issuerForA.url, own)).status).toBe(200);
    expect((await parcels(c.url, own)).status).toBe(401);
  });

  it('are not asked of an issuer that is not trusted, nor of the app that relies on them', async () => {
    const issuer = await bootIssuer(appB);
    const stranger = await bootIssuer(appB);
    const b = await bootRelyingApp(`${issuer.url}/.well-known/jwks.json`);
    expect((await parcels(b.url, await userWith(stranger.app, ['parcels:read']))).status).toBe(401);
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
    const { app: issuer } = await bootIssuer(appB);
    const jwksUri = await (listener ? serve(listener) : unreachable());
    const { app, url } = await bootRelyingApp(jwksUri);
    const events = new EventRecorder(app);
    const token = await userWith(issuer, ['parcels:read']);

    for (let attempt = 0; attempt < 3; attempt++) {
      const response = await parcels(url, token);
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('1');
      expect(response.headers.get('www-authenticate')).toBeNull();
      expect((await problemIn(response)).code).toBe('temporarily_unavailable');
    }
    await app.close();
    expect(events.of('request.refused')).toHaveLength(3);
    expect(events.of('address.struck')).toEqual([]);
  });

  it('of a server that never answers are not waited for for ever', async () => {
    const { app: issuer } = await bootIssuer(appB);
    const { url } = await bootRelyingApp(await serve(() => {}));
    const response = await parcels(url, await userWith(issuer, ['parcels:read']));
    expect(response.status).toBe(503);
    expect((await problemIn(response)).code).toBe('temporarily_unavailable');
  });

  it('are found again as soon as they can be reached', async () => {
    const issuer = await bootIssuer(appB);
    const published = await (await fetch(`${issuer.url}/.well-known/jwks.json`)).text();
    let available = false;
    const clock = new TestClock();
    const { url } = await bootRelyingApp(
      await serve((_, response) => response.writeHead(available ? 200 : 503).end(published)),
      { now: clock.now },
    );
    const token = await userWith(issuer.app, ['parcels:read']);
    expect((await parcels(url, token)).status).toBe(503);
    available = true;
    clock.forward(1);
    expect((await parcels(url, token)).status).toBe(200);
  });
});
