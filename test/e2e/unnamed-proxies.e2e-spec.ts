import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { BanService, PortcullisModule, type PortcullisOptions } from '@portcullis/auth';
import { noStrikes, ownTokens, userWith } from '../support/credentials.js';
import { LineKeeper } from '../support/line-keeper.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { platforms, rootModule } from '../support/platforms.js';
import { describeOnPlatforms } from '../support/running-app.js';

const CLIENT = '203.0.113.7';

describeOnPlatforms('a proxy that nobody has named, on %s', (running) => {
  const { get } = running;
  let logger: LineKeeper;

  const start = (options: PortcullisOptions) => {
    logger = new LineKeeper();
    return running.start({
      portcullis: { tokens: ownTokens, bans: noStrikes, ...options },
      controllers: [PlainRoutesController],
      logger,
    });
  };
  const told = (text: string) => logger.lines.filter((line) => line.includes(text));

  it.each(['X-Forwarded-For', 'Forwarded'])(
    'is told of once, by the option and its address: %s',
    async (name) => {
      await start({});
      await get('/public');
      expect(told('trustedProxies')).toEqual([]);
      for (let count = 0; count < 3; count++)
        await get('/public', { [name]: name === 'Forwarded' ? `for=${CLIENT}` : CLIENT });
      expect(told('trustedProxies')).toEqual([expect.stringContaining('add "127.0.0.1" to trustedProxies')]);
      expect(told(CLIENT)).toEqual([]);
    },
  );

  it('is not told of once it is named', async () => {
    await start({ trustedProxies: ['loopback'] });
    await get('/public', { 'x-forwarded-for': CLIENT });
    expect(told('trustedProxies')).toEqual([]);
  });

  it('and ends TLS has the first refusal say which two options decide it', async () => {
    await start({ requireTls: true });
    const user = await userWith(running.app);
    for (let count = 0; count < 3; count++)
      expect(await running.statusOf('/user', { ...user, 'x-forwarded-proto': 'https' })).toBe(403);
    const [line, ...others] = told('requireTls');
    expect(line).toMatch(
      /from 127\.0\.0\.1 was refused.*add "127\.0\.0\.1" to trustedProxies.*requireTls can be false/,
    );
    expect(others).toEqual([]);
    expect(told(user.authorization.slice(7))).toEqual([]);
  });

  it('one that is named and does not say by what its client came is told of for that', async () => {
    await start({ requireTls: true, trustedProxies: ['loopback'] });
    const user = await userWith(running.app);
    expect(await running.statusOf('/user', { ...user, 'x-forwarded-for': CLIENT })).toBe(403);
    expect(told('requireTls')).toEqual([expect.stringMatching(/is in trustedProxies.*X-Forwarded-Proto/)]);
  });
});

describe.each(platforms)('behind a Unix socket on %s', (platform) => {
  let folder: string;
  let app: INestApplication;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'portcullis-socket-'));
  });
  afterEach(async () => {
    await app.close();
    rmSync(folder, { recursive: true });
  });

  async function start(options: PortcullisOptions) {
    const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();
    const metadata = {
      imports: [PortcullisModule.forRoot({ tokens: ownTokens, bans: noStrikes, ...options })],
      controllers: [PlainRoutesController],
    };
    app = await NestFactory.create(rootModule(metadata), adapter, { logger: false });
    const socketPath = join(folder, 'app.sock');
    if (platform === 'express') await app.listen(socketPath);
    else await (app as unknown as { listen(options: object): Promise<unknown> }).listen({ path: socketPath });
    return (path: string, headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve, reject) => {
        request({ socketPath, path, headers, agent: false }, (response) => {
          response.resume().once('end', () => resolve(response.statusCode));
        })
          .once('error', reject)
          .end();
      });
  }

  it('a proxy is believed where the socket is trusted: addresses, and TLS', async () => {
    const statusOf = await start({ trustedProxies: ['unix'], requireTls: true });
    const user = await userWith(app);
    const byTls = { 'x-forwarded-for': CLIENT, 'x-forwarded-proto': 'https' };
    expect(await statusOf('/user', { ...user, ...byTls })).toBe(200);
    expect(await statusOf('/user', { ...user, ...byTls, 'x-forwarded-proto': 'http' })).toBe(403);
    await app.get(BanService).ban(CLIENT, { reason: 'spec' });
    expect(await statusOf('/public', byTls)).toBe(403);
    expect(await statusOf('/public', { ...byTls, 'x-forwarded-for': '203.0.113.8' })).toBe(200);
    // A second hop would have to be named by itself.
    expect(await statusOf('/public', { ...byTls, 'x-forwarded-for': `${CLIENT}, 198.51.100.1` })).toBe(200);
  });

  it('nobody is believed where it is not', async () => {
    const statusOf = await start({ trustedProxies: ['loopback'], requireTls: true });
    const user = await userWith(app);
    await app.get(BanService).ban(CLIENT, { reason: 'spec' });
    const byTls = { 'x-forwarded-for': CLIENT, 'x-forwarded-proto': 'https' };
    expect(await statusOf('/user', { ...user, ...byTls })).toBe(403);
    expect(await statusOf('/public', byTls)).toBe(200);
  });
});
