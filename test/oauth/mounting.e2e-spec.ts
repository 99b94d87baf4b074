import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:http2';
import { text } from 'node:stream/consumers';
import { All, Controller, type INestApplication, VersioningType } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Public } from '@portcullis/auth';
import compression from 'compression';
import helmet from 'helmet';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { freePort } from '../support/free-port.js';
import type { BootOptions } from '../support/platforms.js';
import { type AppParts, describeOnPlatforms, RunningApp } from '../support/running-app.js';
import { Users } from '../support/users.js';
import { Browser } from './browser.js';
import { CALLBACK, oauthApp } from './oauth-app.js';

/** What an app may have around the server, none of which it is to notice. */
interface Surroundings extends Pick<BootOptions, 'rawBody' | 'adapter'> {
  readonly prepare?: (app: INestApplication) => unknown;
  /** The issuer, of the URL that the app listens at. */
  readonly issuer?: (url: string) => string;
  /** In front of the app's own routes. */
  readonly prefix?: string;
  /** How clients and browsers get there. */
  readonly reach?: (url: string) => typeof fetch;
  readonly controllers?: AppParts['controllers'];
  readonly portcullis?: AppParts['portcullis'];
}

/** Takes whatever would be the server's. */
@Public()
@Controller()
class CatchAllController {
  @All(['oauth/*', 'tenants/*', '.well-known/*'])
  all() {
    return 'caught';
  }
}

const SURROUNDINGS: readonly (readonly [string, Surroundings])[] = [
  ['a global prefix', { prefix: '/api', prepare: (app) => app.setGlobalPrefix('api') }],
  [
    'versions in the path',
    {
      prefix: '/v1',
      prepare: (app) => app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
    },
  ],
  ['raw bodies', { rawBody: true }],
  ['Helmet and compression', { prepare: (app) => app.use(helmet()).use(compression({ threshold: 0 })) }],
  ['CORS for others', { prepare: (app) => app.enableCors({ origin: 'https://front.example' }) }],
  ['parsers for whatever comes', { prepare: takeAnyBody }],
  ['a middleware that reads bodies', { prepare: (app) => app.use(readBodies) }],
  ['a route that takes everything', { controllers: [CatchAllController] }],
  ['a path in its issuer', { issuer: (url) => `${url}/tenants/north` }],
  [
    'a path in its issuer that is the prefix of the app',
    { issuer: (url) => `${url}/api`, prefix: '/api', prepare: (app) => app.setGlobalPrefix('api') },
  ],
  ['a slash at the end of its issuer', { issuer: (url) => `${url}/` }],
  [
    'a proxy that ends TLS, and calls it by another name',
    {
      issuer: () => 'https://id.example/north',
      portcullis: { trustedProxies: ['127.0.0.1'] },
      reach: (url) => throughProxy(url),
    },
  ],
];

describeOnPlatforms('an authorization server on %s has nothing to do with', (running) => {
  it.each(SURROUNDINGS)('%s', async (_, surroundings) => {
    await expectWholeFlow(running, surroundings);
  });
});

describe('an authorization server on fastify', () => {
  const running = new RunningApp('fastify');
  afterAll(() => running.close());

  it('speaks HTTP/2', async () => {
    const adapter = new FastifyAdapter({ http2: true } as never);
    await expectWholeFlow(running, { adapter, reach: (url) => overHttp2(url) });
  });
});

/** All that a client of an app and its user do, from the metadata to the logout. */
async function expectWholeFlow(
  running: RunningApp,
  {
    issuer: issuerAt = (url) => url,
    prefix = '',
    reach: reachAt = () => fetch,
    controllers = [],
    portcullis,
    ...boot
  }: Surroundings,
): Promise<void> {
  const port = await freePort();
  const issuer = issuerAt(`http://127.0.0.1:${port}`);
  const parts = oauthApp({ url: issuer, ...(portcullis && { portcullis }) });
  await running.start({
    ...parts,
    ...boot,
    port,
    controllers: [...controllers, ...(parts.controllers ?? [])],
  });
  await running.app.get(Users, { strict: false }).add('ada');
  const reach = reachAt(running.url);

  for (const algorithm of ['oauth2', 'oidc'] as const) {
    const config = await client.discovery(new URL(issuer), 'pages', undefined, client.None(), {
      algorithm,
      execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
      [client.customFetch]: reach as client.CustomFetch,
    });
    const verifier = client.randomPKCECodeVerifier();
    const browser = new Browser(issuer.replace(/\/$/, ''), 'ada', prefix, reach);
    const pushed = await client.buildAuthorizationUrlWithPAR(config, {
      redirect_uri: CALLBACK,
      scope: 'openid parcels:read',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const place = await browser.visit(pushed);
    if (!(place instanceof URL)) throw new Error(`A page: ${place.status} ${await place.text()}`);
    const tokens = await client.authorizationCodeGrant(config, place, { pkceCodeVerifier: verifier });
    expect(decodeJwt(tokens.access_token)).toMatchObject({ iss: issuer, sub: 'ada' });
    const { access_token } = await client.refreshTokenGrant(config, tokens.refresh_token as string);
    // The app's own routes are behind all of it as before.
    const atOwnRoute = async (path: string) =>
      (
        await reach(new URL(`${prefix}${path}`, issuer), {
          headers: { authorization: `Bearer ${access_token}` },
        })
      ).status;
    expect(await atOwnRoute('/me')).toBe(200);
    expect(await client.fetchUserInfo(config, access_token, 'ada')).toEqual({ sub: 'ada' });
    expect(await letInADevice(issuer, browser, reach)).toContain('The device is let in');
    const end = client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token as string });
    const question = (await browser.visit(end)) as Response;
    const [, action = '', xsrf = ''] =
      /action="([^"]+)".*?name="xsrf" value="([^"]+)"/s.exec(await question.text()) ?? [];
    expect(new URL(action, issuer).href).toBe(`${issuer.replace(/\/$/, '')}/oauth/logout/confirm`);
    const done = await browser.fetch(new URL(action, issuer), {
      method: 'POST',
      body: new URLSearchParams({ xsrf, logout: 'yes' }),
    });
    expect(done.status).toBe(303);
    expect(
      ((await browser.visit(new URL(done.headers.get('location') as string, issuer))) as Response).status,
    ).toBe(200);
    await expect(client.fetchUserInfo(config, access_token, 'ada')).rejects.toThrow();
  }
}

/** Its code is typed at the page that its link leads to. */
async function letInADevice(issuer: string, browser: Browser, reach: typeof fetch): Promise<string> {
  const config = await client.discovery(new URL(issuer), 'scale', undefined, client.None(), {
    execute: [client.allowInsecureRequests],
    [client.customFetch]: reach as client.CustomFetch,
  });
  const device = await client.initiateDeviceAuthorization(config, { scope: 'parcels:read' });
  expect(device.verification_uri).toBe(`${issuer.replace(/\/$/, '')}/oauth/device`);
  return (await browser.typeCode(device.user_code)).text;
}

/** Every parser that there is, for every type, as where forms and files are taken. */
function takeAnyBody(app: INestApplication): void {
  if (app.getHttpAdapter().getType() === 'express') {
    for (const parser of ['json', 'urlencoded', 'text', 'raw'] as const)
      (app as NestExpressApplication).useBodyParser(parser, { type: () => true });
    return;
  }
  const server = (app as NestFastifyApplication).getHttpAdapter().getInstance();
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_, body, done) =>
    done(null, JSON.parse(`${body}`)),
  );
}

/** It leaves nothing of them to whoever comes after. */
async function readBodies(request: IncomingMessage, _: unknown, next: () => void) {
  if (request.url?.startsWith('/oauth/')) await text(request);
  next();
}

/** What arrives at the app behind a proxy. */
function throughProxy(url: string): typeof fetch {
  return (place, init = {}) => {
    const { pathname, search, host } = new URL(String(place));
    const headers = new Headers(init.headers);
    for (const [name, value] of Object.entries({ for: '203.0.113.7', proto: 'https', host }))
      headers.set(`x-forwarded-${name}`, value);
    return fetch(url + pathname + search, { ...init, headers });
  };
}

/** As `fetch`, which does not speak it here. */
function overHttp2(url: string): typeof fetch {
  return async (place, { method = 'GET', headers, body } = {}) => {
    const { pathname, search } = new URL(String(place));
    const session = connect(url);
    try {
      const form = body instanceof URLSearchParams && { 'content-type': 'application/x-www-form-urlencoded' };
      const sent = { ...form, ...Object.fromEntries(new Headers(headers)) };
      const stream = session.request({ ...sent, ':method': method, ':path': pathname + search });
      stream.end(body === undefined || body === null ? undefined : String(body));
      const [answered] = (await once(stream, 'response')) as [Record<string, string | string[]>];
      const received = Object.entries(answered).flatMap(([name, value]) =>
        name.startsWith(':') ? [] : [value].flat().map((one) => [name, one] as [string, string]),
      );
      const status = Number(answered[':status']);
      const content = await text(stream);
      return new Response([204, 304].includes(status) ? null : content, { status, headers: received });
    } finally {
      session.close();
    }
  };
}
