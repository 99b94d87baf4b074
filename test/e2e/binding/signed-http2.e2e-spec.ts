import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { Body, Controller, Get, Post } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { RequireApp } from '@portcullis/auth';
import { ORIGIN } from '../../support/bound-calls.js';
import { noStrikes } from '../../support/credentials.js';
import { Partner } from '../../support/partner.js';
import { RunningApp } from '../../support/running-app.js';

@RequireApp()
@Controller()
class RoutesController {
  @Get('app')
  app() {
    return 'in';
  }

  @Post('parcels')
  create(@Body() body: unknown) {
    return { taken: body };
  }
}

/** A body comes with no length there, and in no encoding: only the end of the head says whether there is one. */
describe('a signed request over HTTP/2', () => {
  const running = new RunningApp('fastify');
  let session: ClientHttp2Session;
  let partner: Partner;
  beforeAll(async () => {
    await running.start({
      portcullis: { publicOrigins: [ORIGIN], bans: noStrikes },
      controllers: [RoutesController],
      adapter: new FastifyAdapter({ http2: true }),
      rawBody: true,
    });
    session = connect(running.url);
    partner = await Partner.of(running.app);
  });
  afterAll(async () => {
    session?.destroy();
    await running.close();
  });

  async function statusOf(method: string, path: string, headers: Record<string, string>, body?: string) {
    const stream = session.request(
      { ':method': method, ':path': path, ...headers },
      { endStream: body === undefined },
    );
    if (body !== undefined) stream.end(body);
    const [head] = await once(stream, 'response');
    stream.resume();
    await once(stream, 'close');
    return head[':status'];
  }

  it('is told from one whose body was not signed', async () => {
    const body = '{"weight":7}';
    const target = { method: 'POST', path: '/parcels' };
    const right = partner.headers({ ...target, body });
    const withoutDigest = { ...partner.headers(target), 'content-type': 'application/json' };
    expect([
      await statusOf('GET', '/app', partner.headers({ path: '/app' })),
      await statusOf('POST', '/parcels', withoutDigest, body),
      await statusOf('POST', '/parcels', right, body),
    ]).toEqual([200, 401, 201]);
  });
});
