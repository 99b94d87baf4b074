import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { PortcullisModule } from '@portcullis/auth';
import { type Platform, platforms, rootModule } from '../support/platforms.js';
import { testTls } from '../support/tls.js';

const ASKED_AND_HALF = 'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHo';

/** As an app has it: Nest ends no connections for it. */
async function appOn(platform: Platform, tls?: typeof testTls): Promise<INestApplication> {
  const http2 = { http2: true, https: { ...tls, allowHTTP1: true } } as const;
  const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter(tls ? http2 : {});
  const root = rootModule({ imports: [PortcullisModule.forRoot({})] });
  return NestFactory.create(root, adapter, { logger: false, ...(tls && { httpsOptions: tls }) });
}

/** Sends the words, reads whatever comes, and leaves its side open. */
function saying<Client extends Socket>(client: Client, words: string | Buffer): Client {
  client.on('error', () => {}).resume();
  client.write(words);
  return client;
}

/** However it ends: what it has left unread resets it. */
function ended(client: Socket): Promise<unknown> {
  return new Promise((resolve) => client.once('close', resolve));
}

describe.each(platforms)('an app on %s closes though clients stay', (platform) => {
  it('whose connections were never secured, or are silent since', async () => {
    const app = await appOn(platform, testTls);
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    const plain = () => connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const secure = (...ALPNProtocols: string[]) =>
      connectTls({ port, host: '127.0.0.1', ca: testTls.cert, ALPNProtocols });
    const clients = [
      saying(plain(), ''),
      saying(plain(), Buffer.from([0x16, 3, 1, 2])),
      saying(secure('http/1.1'), ''),
      saying(secure('http/1.1'), ASKED_AND_HALF),
      ...(platform === 'fastify' ? [saying(secure('h2'), ''), saying(secure('h2'), 'PRI * HTTP/2.0')] : []),
    ];
    const ready = (client: Socket) => once(client, 'encrypted' in client ? 'secureConnect' : 'connect');
    await Promise.all(clients.map(ready));
    if (platform === 'fastify') {
      const session = connectHttp2(`https://127.0.0.1:${port}`, { ca: testTls.cert }).on('error', () => {});
      await once(session, 'remoteSettings');
    }
    const ends = clients.map(ended);
    await app.close();
    for (const client of clients) client.destroy();
    await Promise.all(ends);
  });

  it('that ask nothing on a Unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'portcullis-silent-'));
    const app = await appOn(platform);
    const path = join(folder, 'app.sock');
    await app.listen(path);
    const clients = ['', ASKED_AND_HALF].map((words) => saying(connect(path), words));
    await Promise.all(clients.map((client) => once(client, 'connect')));
    const ends = clients.map(ended);
    await app.close();
    await Promise.all(ends);
    rmSync(folder, { recursive: true });
  });
});
