import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { Controller, Get, type INestMicroservice, Injectable } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  type MicroserviceOptions,
  Transport,
} from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Public, RequireUser } from '@portcullis/auth';
import { firstValueFrom } from 'rxjs';
import { WebSocket } from 'ws';
import { ownTokens, userWith } from '../support/credentials.js';
import { describeOnPlatforms } from '../support/running-app.js';

/** The handlers that ran. None but that of the HTTP route ever should. */
const ran: string[] = [];

@Public()
@Controller()
class MixedController {
  @Get('http')
  http() {
    ran.push('http');
    return 'in';
  }

  @MessagePattern('parcels')
  message(_data: unknown) {
    ran.push('message');
    return 'in';
  }

  @EventPattern('arrived')
  event(_data: unknown) {
    ran.push('event');
  }
}

@WebSocketGateway()
class ParcelsGateway {
  @Public()
  @SubscribeMessage('public')
  public() {
    ran.push('public gateway');
    return { event: 'public', data: 'in' };
  }

  @RequireUser()
  @SubscribeMessage('user')
  user() {
    ran.push('user gateway');
    return { event: 'user', data: 'in' };
  }

  @SubscribeMessage('undeclared')
  undeclared() {
    ran.push('undeclared gateway');
    return { event: 'undeclared', data: 'in' };
  }
}

@Injectable()
class ParcelsResolver {
  @Public()
  parcels() {
    ran.push('resolver');
    return 'in';
  }
}

const tcp = (): MicroserviceOptions => ({
  transport: Transport.TCP,
  options: { host: '127.0.0.1', port: 0 },
});
const portcullis = { tokens: ownTokens };

/** Sends an event and a message, and resolves with what the message was answered. */
async function ask(microservice: INestMicroservice): Promise<unknown> {
  const { port } = microservice.unwrap<Server>().address() as AddressInfo;
  const client = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port },
  });
  try {
    await firstValueFrom(client.emit('arrived', {}), { defaultValue: undefined });
    return await firstValueFrom(client.send('parcels', {}));
  } finally {
    await client.close();
  }
}

beforeEach(() => {
  ran.length = 0;
});

describeOnPlatforms('contexts other than HTTP on %s', (running) => {
  it('no handler of a WebSocket gateway runs, whatever it declares', async () => {
    await running.start({
      portcullis,
      providers: [ParcelsGateway],
      controllers: [MixedController],
      prepare: (created) => created.useWebSocketAdapter(new WsAdapter(created)),
    });

    const socket = new WebSocket(running.url.replace('http', 'ws'), { headers: await userWith(running.app) });
    await once(socket, 'open');
    for (const event of ['public', 'user', 'undeclared']) {
      socket.send(JSON.stringify({ event, data: {} }));
      const [answer] = await once(socket, 'message');
      expect(JSON.parse(String(answer))).toMatchObject({ event: 'exception', data: { status: 'error' } });
    }
    socket.terminate();
    expect((await running.fetch('/http')).status).toBe(200);
    expect(ran).toEqual(['http']);
  });

  it.each([
    ['that inherits', true],
    ['that does not inherit', false],
  ])(
    'no message handler of a microservice %s the configuration of the app runs',
    async (_, inheritAppConfig) => {
      let microservice: INestMicroservice | undefined;
      await running.start({
        portcullis,
        controllers: [MixedController],
        prepare: async (created) => {
          microservice = created.connectMicroservice(tcp(), { inheritAppConfig });
          await created.startAllMicroservices();
        },
      });

      await expect(ask(microservice as INestMicroservice)).rejects.toBeDefined();
      expect((await running.fetch('/http')).status).toBe(200);
      expect(ran).toEqual(['http']);
    },
  );

  /** Calls the resolver as a GraphQL library does. */
  const resolve = () => {
    const resolver = running.app.get(ParcelsResolver);
    const options = { guards: true, interceptors: true, filters: false };
    const call = running.app
      .get(ExternalContextCreator)
      .create(
        resolver,
        resolver.parcels,
        'parcels',
        undefined,
        undefined,
        undefined,
        undefined,
        options,
        'graphql',
      );
    return call({}, {}, {}, {});
  };

  it('no resolver runs that a GraphQL library calls through Nest', async () => {
    await running.start({ portcullis, providers: [ParcelsResolver] });
    await expect(resolve()).rejects.toMatchObject({ code: 'unsupported_context' });
    expect(ran).toEqual([]);
  });

  it('resolvers are left alone in an app that places its guards by hand', async () => {
    await running.start({
      portcullis: { tokens: ownTokens, globalGuard: false },
      providers: [ParcelsResolver],
    });
    expect(await resolve()).toBe('in');
    expect(ran).toEqual(['resolver']);
  });
});
