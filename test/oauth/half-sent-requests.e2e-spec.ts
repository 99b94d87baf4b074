import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ApiKeyService } from '@portcullis/auth';
import { LineKeeper } from '../support/line-keeper.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { ServerUnderTest } from './server-support.js';

/** How a client goes away. */
const leavings: Record<string, (socket: Socket) => unknown> = {
  'says that it ends': (socket) => socket.end(),
  'closes its connection': (socket) => socket.destroy(),
  'resets its connection': (socket) => socket.resetAndDestroy(),
};

const FORM = 'application/x-www-form-urlencoded';
const HALF = '5\r\n{"use';
const WHOLE = '3\r\na=b\r\n0\r\n\r\n';

describeOnPlatforms('a client that goes away before its answer on %s', (running) => {
  it('is nothing that the operator is told of as a failure of the server', async () => {
    const server = new ServerUnderTest(running);
    const logger = new LineKeeper();
    await server.start({
      boot: { logger } as never,
      server: { registration: { scopes: ['parcels:read'] } },
    });
    const keys = running.app.get(ApiKeyService);
    const { key } = await keys.create({ appId: 'desk', name: 'desk', scopes: ['clients:register'] });
    for (const leave of Object.values(leavings)) {
      await leaveAfter(HALF, server.url, '/oauth/token', FORM, leave);
      await leaveAfter(WHOLE, server.url, '/oauth/token', FORM, leave);
      await leaveAfter(HALF, server.url, '/oauth/register', 'application/json', leave, `Bearer ${key}`);
    }
    expect(await running.statusOf('/me')).toBe(401);
    await running.close();
    expect(running.events.of('oauth-server.failed')).toEqual([]);
    expect(logger.lines.filter((line) => !line.startsWith('Refused') && /fail|error/i.test(line))).toEqual(
      [],
    );
  });
});

/** Sends a body, or half of it, once its head has arrived. */
async function leaveAfter(
  body: string,
  url: string,
  path: string,
  type: string,
  leave: (socket: Socket) => unknown,
  authorization = 'none',
): Promise<void> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname).on('error', () => {});
  const closed = once(socket, 'close');
  const head = {
    ...{ Host: host, Authorization: authorization, 'Content-Type': type },
    ...{ 'Transfer-Encoding': 'chunked', Expect: '100-continue' },
  };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}`);
  socket.write([`POST ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
  await once(socket, 'data');
  socket.write(body, () => leave(socket));
  await closed;
}
