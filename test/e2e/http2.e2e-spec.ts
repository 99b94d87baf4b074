import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { BanService, PortcullisModule, Public, RequireUser } from '@portcullis/auth';
import { eachRefusal, ownMetadata, ownTokens, userWith } from '../support/credentials.js';
import { EventRecorder } from '../support/events.js';
import { boot } from '../support/platforms.js';

@Controller()
class RoutesController {
  @Public()
  @Get('public')
  public() {
    return 'in';
  }

  @RequireUser('parcels:read')
  @Get('user')
  user() {
    return 'in';
  }
}

/** Of the two platforms only Fastify speaks HTTP/2. */
describe('HTTP/2 on fastify', () => {
  let app: INestApplication;
  let session: ClientHttp2Session;
  let events: EventRecorder;

  const request = async (path: string, headers: Record<string, string | string[]> = {}, endStream = true) => {
    const stream = session.request(
      { ':path': path, ':method': endStream ? 'GET' : 'POST', ...headers },
      { endStream },
    );
    const [answered] = await once(stream, 'response');
    let body = '';
    for await (const chunk of stream.setEncoding('utf8')) body += chunk;
    return { status: answered[':status'] as number, headers: answered, body };
  };

  beforeEach(async () => {
    // Nest's adapter is typed for HTTP/1; what it is given goes to Fastify as it is.
    const adapter = new FastifyAdapter({ http2: true } as object);
    const imports = [
      PortcullisModule.forRoot({
        tokens: ownTokens,
        bans: { ...eachRefusal, strikeLimit: 2, privateAddresses: true },
      }),
    ];
    const booted = await boot('fastify', { imports, controllers: [RoutesController] }, { adapter });
    app = booted.app;
    events = new EventRecorder(app);
    session = connect(booted.url);
  });

  afterEach(async () => {
    session.destroy();
    await app.close();
  });

  it('lets in by the same rules', async () => {
    expect((await request('/public')).status).toBe(200);
    expect((await request('/user', await userWith(app, ['parcels:read']))).status).toBe(200);
    const refused = await request('/user');
    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toBe(`Bearer realm="api", ${ownMetadata}`);
  });

  it('counts strikes, bans, and refuses the next stream of the same connection', async () => {
    expect((await request('/user')).status).toBe(401);
    expect((await request('/no-such-path')).status).toBe(404);
    await events.first('address.banned');
    const { status, headers, body } = await request('/public');
    expect(status).toBe(403);
    expect(headers['retry-after']).toBe('600');
    expect(JSON.parse(body).code).toBe('address_banned');
  });

  it('refuses a banned address before its body has come', async () => {
    await app.get(BanService).ban('127.0.0.1', { reason: 'test' });
    expect((await request('/public', { 'content-length': '1000000' }, false)).status).toBe(403);
  });

  it('two API key headers are an invalid request', async () => {
    expect((await request('/user', { 'x-api-key': ['ptc_live_a', 'ptc_live_b'] })).status).toBe(400);
  });
});
