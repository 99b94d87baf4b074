import { once } from 'node:events';
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { Controller, Get, UnauthorizedException } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Public, RequestLifecycle } from '@portcullis/auth';
import { noStrikes, ownTokens } from '../support/credentials.js';
import { eventually } from '../support/eventually.js';
import { RunningApp } from '../support/running-app.js';

let reached: () => void;
let opened: Promise<void>;

@Public()
@Controller()
class SlowController {
  @Get('unauthorized')
  async unauthorized() {
    reached();
    await opened;
    throw new UnauthorizedException();
  }

  @Get('fine')
  async fine() {
    reached();
    await opened;
    return 'in';
  }
}

/** Of the two platforms only Fastify speaks HTTP/2. */
describe('a stream that its client resets before the answer, on fastify', () => {
  const running = new RunningApp('fastify');
  const settled: string[] = [];
  let session: ClientHttp2Session;

  beforeAll(async () => {
    await running.start({
      portcullis: { tokens: ownTokens, bans: noStrikes },
      controllers: [SlowController],
      adapter: new FastifyAdapter({ http2: true } as object),
    });
    running.app.get(RequestLifecycle).onSettled((request, status) => {
      settled.push(`${request.path} ${status}`);
    });
    session = connect(running.url);
  });
  beforeEach(() => settled.splice(0));
  afterAll(async () => {
    session.destroy();
    await running.close();
  });

  it.each([
    ['/unauthorized', 401],
    ['/fine', 200],
  ])('is settled once, when the app has an answer: %s', async (path, status) => {
    let open = () => {};
    opened = new Promise((resolve) => {
      open = resolve;
    });
    const atHandler = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const stream = session.request({ ':path': path });
    await atHandler;
    stream.close(constants.NGHTTP2_CANCEL);
    await once(stream, 'close');
    // What comes after it on the connection has been read after it.
    const after = session.request({ ':path': '/nowhere' });
    after.resume();
    await once(after, 'end');
    expect(settled).toEqual(['/nowhere 404']);
    open();
    await eventually(() => settled.length > 1);
    await new Promise(setImmediate);
    expect(settled).toEqual(['/nowhere 404', `${path} ${status}`]);
  });
});
