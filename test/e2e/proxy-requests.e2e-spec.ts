import type { Socket } from 'node:net';
import { Controller, Get } from '@nestjs/common';
import { Public } from '@portcullis/auth';
import { RawConnection, rawRequest } from '../support/raw-connection.js';
import { describeOnPlatforms } from '../support/running-app.js';

@Public()
@Controller()
class FrontController {
  @Get()
  front() {
    return 'front';
  }

  @Get('items')
  items() {
    return [];
  }
}

describeOnPlatforms('requests for a proxy on %s', (running) => {
  let hosts = 0;

  /** Sends request lines from an address of their own. */
  const send = async (...lines: readonly string[]) => {
    const address = `203.0.113.${++hosts}`;
    const statuses: number[] = [];
    for (const line of lines) {
      const { status } = await rawRequest(running.url, line, [
        `X-Forwarded-For: ${address}`,
        'Connection: close',
      ]);
      statuses.push(status);
    }
    return { network: `${address}/32`, statuses };
  };
  const bans = () => running.events.of('address.banned').map(({ ban }) => [ban.rule, ban.network]);

  beforeAll(() =>
    running.start({ portcullis: { trustedProxies: ['127.0.0.1'] }, controllers: [FrontController] }),
  );

  it('four of them ban: tunnels, and URLs of other hosts', async () => {
    const { network, statuses } = await send(
      'CONNECT mail.example:25',
      'CONNECT 198.51.100.7:443',
      'GET http://elsewhere.example/',
      'GET HTTP://name:word@ELSEWHERE.example:8080/?q=1',
      'GET /',
    );
    expect(statuses.slice(0, 2)).toEqual([501, 501]);
    expect(statuses.at(-1)).toBe(403);
    expect(bans()).toContainEqual(['proxy-probing', network]);
  });

  it('a tunnel is refused without a word where its sender is banned', async () => {
    const address = `203.0.113.${++hosts}`;
    for (let time = 0; time < 3; time++)
      await rawRequest(running.url, 'CONNECT a.example:443', [`X-Forwarded-For: ${address}`]);
    const connection = await RawConnection.open(running.url);
    connection.request('CONNECT a.example:443', [`X-Forwarded-For: ${address}`]);
    await connection.closed;
    await expect(connection.response()).rejects.toThrow('Closed after ""');
  });

  it('a URL of ours in full is none, nor is a question about the server', async () => {
    const { host } = new URL(running.url);
    const lines = ['GET http://HOST/', 'GET HTTP://HOST/items', 'GET //elsewhere.example/', 'OPTIONS *'];
    const { network, statuses } = await send(
      ...Array.from({ length: 20 }, (_, time) => (lines[time % 4] as string).replace('HOST', host)),
      'GET /items',
    );
    expect(statuses.at(-1)).toBe(200);
    expect(
      running.events.of('address.struck').filter(({ rule }) => rule === 'proxy-probing'),
    ).not.toContainEqual(
      expect.objectContaining({ request: expect.objectContaining({ address: network.slice(0, -3) }) }),
    );
  });

  it('whoever asks for a tunnel and is gone before the answer ends nothing', async () => {
    running.app.getHttpServer().once('connection', (socket: Socket) => {
      socket.write = () => !socket.destroy(new Error('read ECONNRESET'));
    });
    const connection = await RawConnection.open(running.url);
    connection.request('CONNECT a.example:443', ['X-Forwarded-For: 198.51.100.9']);
    await connection.closed;
    expect(await running.statusOf('/')).toBe(200);
  });

  it('an app that takes tunnels itself is left alone', async () => {
    const server = running.app.getHttpServer();
    const take = (_: unknown, socket: { end(text: string): void }) =>
      socket.end('HTTP/1.1 200 Connection Established\r\n\r\n');
    server.on('connect', take);
    try {
      const { network, statuses } = await send(...Array(6).fill('CONNECT a.example:443'));
      expect(statuses).toEqual(Array(6).fill(200));
      expect(bans()).not.toContainEqual(['proxy-probing', network]);
    } finally {
      server.off('connect', take);
    }
  });
});
