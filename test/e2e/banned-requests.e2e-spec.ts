import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Body, Controller, Get, Post } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { type ApiKeyRecord, BanService, MemoryApiKeyStore, Public, RequireApp } from '@portcullis/auth';
import { TestClock } from '../support/clock.js';
import { appWith } from '../support/credentials.js';
import { RawConnection, rawRequest } from '../support/raw-connection.js';
import { describeOnPlatforms, RunningApp } from '../support/running-app.js';

/** Counts who was reached. */
class Reached {
  guard = 0;
  handler = 0;
  store = 0;
}

/** An API key store that answers when the test says so. */
class SlowApiKeyStore extends MemoryApiKeyStore {
  #asked!: () => void;
  #release!: () => void;
  readonly asked = new Promise<void>((resolve) => {
    this.#asked = resolve;
  });
  readonly #released = new Promise<void>((resolve) => {
    this.#release = resolve;
  });

  constructor(private readonly reached: Reached) {
    super();
  }

  answer(): void {
    this.#release();
  }

  override async findById(id: string): Promise<ApiKeyRecord | undefined> {
    this.reached.store++;
    this.#asked();
    await this.#released;
    return super.findById(id);
  }
}

describeOnPlatforms('a banned address on %s', (running) => {
  let reached: Reached;
  let store: SlowApiKeyStore;

  const ban = () => running.app.get(BanService).ban('127.0.0.1', { reason: 'test' });

  @Controller()
  class RoutesController {
    @Public()
    @Get('public')
    public() {
      reached.handler++;
      return 'in';
    }

    @Public()
    @Post('upload')
    upload(@Body() body: unknown) {
      reached.handler++;
      return body;
    }

    @RequireApp()
    @Get('app')
    app() {
      reached.handler++;
      return 'in';
    }
  }

  beforeEach(async () => {
    reached = new Reached();
    store = new SlowApiKeyStore(reached);
    const countingGuard = { canActivate: () => ++reached.guard > 0 };
    await running.start({
      portcullis: {
        ...{ stores: { apiKeys: store }, bans: { privateAddresses: true } },
        now: new TestClock().stop().now,
      },
      controllers: [RoutesController],
      providers: [{ provide: APP_GUARD, useValue: countingGuard }],
    });
  });

  it('reaches no guard, no store and no handler', async () => {
    expect((await running.fetch('/public')).status).toBe(200);
    expect(reached).toEqual({ guard: 1, handler: 1, store: 0 });
    const key = await appWith(running.app);
    await ban();
    for (const path of ['/public', '/app'])
      expect((await running.fetch(path, { headers: key })).status).toBe(403);
    expect(reached).toEqual({ guard: 1, handler: 1, store: 0 });
  });

  it.each([
    ['a length', 'Content-Length: 1000000'],
    ['chunks', 'Transfer-Encoding: chunked'],
  ])(
    'is refused before its body, announced by %s, has come, and the connection is closed',
    async (_, announcement) => {
      await ban();
      const connection = await RawConnection.open(running.url);
      connection.request('POST /upload', ['Content-Type: application/json', announcement]);
      const { status, headers, body } = await connection.response();
      expect(status).toBe(403);
      expect(headers['retry-after']).toBe('600');
      expect(headers.connection).toBe('close');
      expect(JSON.parse(body).code).toBe('address_banned');
      await connection.closed;
      expect(reached.guard).toBe(0);
    },
  );

  it('is refused where it was banned while its body was on the way', async () => {
    const arrived = once(running.app.getHttpServer(), 'request');
    const connection = await RawConnection.open(running.url);
    const headers = ['Content-Type: application/json', 'Content-Length: 7'];
    connection.request('POST /upload', headers, '{"a":');
    await arrived;
    await ban();
    connection.continue('1}');
    expect((await connection.response()).status).toBe(403);
    expect(reached.handler).toBe(0);
    connection.destroy();
  });

  it('is refused also where the framework is asked without its server', async () => {
    await ban();
    const framework = running.app.getHttpAdapter().getInstance();
    const server = createServer(running.platform === 'fastify' ? framework.routing : framework);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    expect((await fetch(`http://127.0.0.1:${port}/public`)).status).toBe(403);
    server.close();
    server.closeAllConnections();
    expect(reached).toEqual({ guard: 0, handler: 0, store: 0 });
    expect(running.events.of('request.refused')).toHaveLength(1);
  });

  it('is refused before the framework has done anything', async () => {
    const seen: unknown[] = [];
    await running.start({
      portcullis: { bans: { privateAddresses: true } },
      prepare: (prepared) => {
        const instance = prepared.getHttpAdapter().getInstance();
        if (running.platform === 'fastify') instance.addHook('onRequest', async () => seen.push('hook'));
        else {
          instance.use((_: unknown, __: unknown, next: () => void) => {
            seen.push('middleware');
            next();
          });
        }
      },
    });
    await ban();
    expect(await running.statusOf('/public')).toBe(403);
    expect(seen).toEqual([]);
  });

  it('is refused on a connection that it kept open from before', async () => {
    const connection = await RawConnection.open(running.url);
    connection.request('GET /public');
    expect((await connection.response()).status).toBe(200);
    await ban();
    connection.request('GET /public');
    expect((await connection.response()).status).toBe(403);
    connection.request('GET /public');
    expect((await connection.response()).status).toBe(403);
    expect(reached.handler).toBe(1);
    connection.destroy();
  });

  it('gets no body in answer to HEAD', async () => {
    await ban();
    const connection = await RawConnection.open(running.url);
    connection.request('HEAD /public');
    const { status, body } = await connection.response();
    expect(status).toBe(403);
    expect(body).toBe('');
    connection.destroy();
  });

  it('is not let in by malformed input either', async () => {
    await ban();
    const headers = ['Content-Type: application/json', 'Content-Length: 5'];
    expect((await rawRequest(running.url, 'POST /upload', headers, '{"a":')).status).toBe(403);
    for (const path of ['/public?x=%zz', '/%zz', '//', '*', 'http://other.example/'])
      expect((await rawRequest(running.url, `GET ${path}`, [])).status).toBe(403);
  });

  it('is reported once for each refused request, by the id that the client was given', async () => {
    await ban();
    const ids = [];
    for (let count = 0; count < 3; count++) {
      const { requestId } = (await (await running.fetch('/public?x=1')).json()) as { requestId: string };
      ids.push(requestId);
    }
    await running.close();
    const refused = running.events.of('request.refused');
    expect(refused.map(({ request }) => request.requestId)).toEqual(ids);
    expect(refused[0]).toMatchObject({
      code: 'address_banned',
      status: 403,
      request: { method: 'GET', path: '/public', address: '127.0.0.1' },
    });
  });

  it('a client that goes away before the refusal is counted all the same', async () => {
    const server: Server = running.app.getHttpServer();
    const gone = once(server, 'connection').then(([socket]) => once(socket as Socket, 'close'));
    const connection = await RawConnection.open(running.url);
    const { 'x-api-key': unknownKey } = await keyOfAnotherApp();
    connection.request('GET /app', [`X-API-Key: ${unknownKey}`]);
    await store.asked;
    connection.destroy();
    await gone;
    expect(running.events.all).toEqual([]);

    store.answer();
    const [struck] = await running.events.first('address.struck');
    expect(struck).toMatchObject({ points: 10, total: 10, reason: 'invalid_api_key' });
    expect(running.events.of('request.refused')).toHaveLength(1);
    expect(reached.handler).toBe(0);
  });

  /** Well-formed, so that only the store knows that it is none of ours. */
  async function keyOfAnotherApp() {
    const other = new RunningApp(running.platform);
    await other.start({});
    const key = await appWith(other.app);
    await other.close();
    return key;
  }
});
