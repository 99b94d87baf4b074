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
import { describeOnPlatforms, RunningApp } from '../support/running-app.js';
import { expectWholeFlow, type Surroundings } from './whole-flow.js';

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
