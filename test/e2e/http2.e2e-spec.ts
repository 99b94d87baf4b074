import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { Controller, Get, Injectable } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  AppIdentity,
  BanService,
  type CredentialScheme,
  Public,
  type RequestContext,
  RequireApp,
  RequireUser,
} from '@portcullis/auth';
import { TestClock } from '../support/clock.js';
import { eachRefusal, ownMetadata, ownTokens, userWith } from '../support/credentials.js';
import { RunningApp } from '../support/running-app.js';

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

  @RequireApp()
  @Get('app')
  app() {
    return 'in';
  }
}

/** Takes whoever a cookie names. */
@Injectable()
class CookieScheme implements CredentialScheme<string> {
  readonly kind = 'cookie';
  readonly proves = 'app';
  readonly headers = ['cookie'];

  present(request: RequestContext) {
    return /(?:^|; )app=(\w+)/.exec(request.header('cookie') ?? '')?.[1];
  }

  prove(appId: string) {
    return new AppIdentity({ appId, name: appId, scopes: [] });
  }

  challenge() {
    return { scheme: 'Cookie' };
  }

  async nameOf() {
    return undefined;
  }
}

/** Of the two platforms only Fastify speaks HTTP/2. */
describe('HTTP/2 on fastify', () => {
  const running = new RunningApp('fastify');
  let session: ClientHttp2Session;

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
    await running.start({
      portcullis: {
        tokens: ownTokens,
        bans: { ...eachRefusal, strikeLimit: 2, privateAddresses: true },
        now: new TestClock().stop().now,
        extensions: [{ name: 'cookies', schemes: { cookie: CookieScheme } }],
      },
      controllers: [RoutesController],
      adapter,
    });
    session = connect(running.url);
  });

  afterEach(async () => {
    session.destroy();
    await running.close();
  });

  it('lets in by the same rules', async () => {
    expect((await request('/public')).status).toBe(200);
    expect((await request('/user', await userWith(running.app, ['parcels:read']))).status).toBe(200);
    const refused = await request('/user');
    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toBe(`Bearer realm="api", ${ownMetadata}`);
  });

  it('takes the fields of one cookie for one', async () => {
    expect((await request('/app', { cookie: ['theme=dark', 'app=courier'] })).status).toBe(200);
  });

  it('counts strikes, bans, and refuses the next stream of the same connection', async () => {
    expect((await request('/user')).status).toBe(401);
    expect((await request('/no-such-path')).status).toBe(404);
    await running.events.first('address.banned');
    const { status, headers, body } = await request('/public');
    expect(status).toBe(403);
    expect(headers['retry-after']).toBe('600');
    expect(JSON.parse(body).code).toBe('address_banned');
  });

  it('refuses a banned address before its body has come', async () => {
    await running.app.get(BanService).ban('127.0.0.1', { reason: 'test' });
    expect((await request('/public', { 'content-length': '1000000' }, false)).status).toBe(403);
  });

  it('two API key headers are an invalid request', async () => {
    expect((await request('/user', { 'x-api-key': ['ptc_live_a', 'ptc_live_b'] })).status).toBe(400);
  });
});
