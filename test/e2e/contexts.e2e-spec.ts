import { once } from 'node:events';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  ForbiddenException,
  Get,
  type INestApplication,
  Injectable,
  type Type,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { ExternalContextCreator, LazyModuleLoader, NestFactory } from '@nestjs/core';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  AccessGuard,
  ApiKeyGuard,
  CurrentUser,
  INSUFFICIENT_SCOPE,
  JwtGuard,
  PortcullisError,
  PortcullisModule,
  type PortcullisOptions,
  ProblemFilter,
  Public,
  RateLimit,
  RequireUser,
  Scopes,
  Strikes,
} from '@portcullis/auth';
import { WebSocket } from 'ws';
import { ownTokens } from '../support/credentials.js';
import { eventually } from '../support/eventually.js';
import { LineKeeper } from '../support/line-keeper.js';
import { Messages, tcp } from '../support/messages.js';
import { rootModule } from '../support/platforms.js';
import { describeOnPlatforms } from '../support/running-app.js';

/** The handlers that ran. */
const ran: string[] = [];
beforeEach(() => {
  ran.length = 0;
});

const refused = () =>
  new PortcullisError(INSUFFICIENT_SCOPE, 'the operator reads this', {
    ...{ keyId: 'k-1', strikeEvent: 'secret_event', scope: 'a:1' },
    cause: new Error('of the database'),
  });

@Public()
@Controller()
class MixedController {
  @Get('http')
  http() {
    ran.push('http');
    return 'in';
  }

  @MessagePattern('parcels')
  message() {
    ran.push('message');
    return 'in';
  }

  @MessagePattern('whose')
  whose(@CurrentUser() user: unknown) {
    ran.push('whose');
    return user;
  }

  @EventPattern('arrived')
  event(_data: unknown) {
    ran.push('event');
  }

  @UseFilters(ProblemFilter)
  @MessagePattern('refused')
  refused() {
    throw refused();
  }
}

class InheritingController extends MixedController {}

@WebSocketGateway()
class ParcelsGateway {
  @SubscribeMessage('parcels')
  parcels() {
    ran.push('gateway');
    return { event: 'parcels', data: 'in' };
  }

  @UseFilters(ProblemFilter)
  @SubscribeMessage('refused')
  refused() {
    throw refused();
  }
}

/** Has no handlers, and sends what it knows to whoever connects. */
@WebSocketGateway()
class NewsGateway {}

/** As the decorators of `@nestjs/graphql` leave a resolver. */
function resolving(key: string): MethodDecorator {
  return (_target, _name, { value }: PropertyDescriptor) => {
    Reflect.defineMetadata(key, 'Query', value);
  };
}

@Injectable()
class ParcelsResolver {
  @resolving('graphql:resolver_type')
  parcels() {
    ran.push('resolver');
    return 'in';
  }

  @resolving('graphql:resolve_property')
  weight() {}

  @resolving('graphql:resolve_reference')
  reference() {}
}

@Injectable()
class ParcelsBot {
  work() {
    ran.push('bot');
    return 'in';
  }

  @UseGuards(JwtGuard)
  guarded() {
    ran.push('guarded bot');
  }

  @UseGuards(AccessGuard)
  closed() {
    ran.push('closed bot');
  }
}

const unguarded = (...types: string[]): PortcullisOptions => ({
  tokens: ownTokens,
  contexts: Object.fromEntries(types.map((type) => [type, 'unguarded'])),
});

/** Calls a method as a library does that brings its own kind of handlers. */
function callThrough(app: INestApplication, type: string | undefined, method: keyof ParcelsBot = 'work') {
  const bot = app.get(ParcelsBot);
  const more = [undefined, undefined, undefined, undefined, undefined] as const;
  const create = app.get(ExternalContextCreator).create.bind(app.get(ExternalContextCreator)) as (
    ...parameters: unknown[]
  ) => (...args: unknown[]) => Promise<unknown>;
  return (...args: unknown[]) => create(bot, bot[method], method, ...more, type)(...args);
}

describeOnPlatforms('handlers that are not HTTP, on %s', (running) => {
  const boot = (
    parts: { controllers?: Type[]; providers?: (Type | object)[] },
    options?: PortcullisOptions,
  ) => running.start({ portcullis: options ?? { tokens: ownTokens }, ...(parts as object) });

  describe('keep the app from booting, by their names', () => {
    it.each([
      [
        'rpc',
        { controllers: [MixedController] },
        ['message', 'whose', 'event', 'refused'].map((m) => `MixedController.${m}`),
      ],
      ['rpc', { controllers: [InheritingController] }, ['InheritingController.message']],
      ['ws', { providers: [ParcelsGateway] }, ['ParcelsGateway', 'ParcelsGateway.parcels']],
      ['ws', { providers: [NewsGateway] }, ['NewsGateway']],
      ['ws', { providers: [{ provide: 'news', useClass: NewsGateway }] }, ['NewsGateway']],
      [
        'graphql',
        { providers: [ParcelsResolver] },
        ['parcels', 'weight', 'reference'].map((m) => `ParcelsResolver.${m}`),
      ],
      [
        'graphql',
        { providers: [{ provide: 'x', useFactory: () => new ParcelsResolver() }] },
        ['ParcelsResolver.parcels'],
      ],
      [
        'graphql',
        { providers: [{ provide: 'x', useValue: new ParcelsResolver() }] },
        ['ParcelsResolver.parcels'],
      ],
    ])('those of %s', async (type, parts, names) => {
      for (const globalGuard of [true, false]) {
        const booting = boot(parts, { tokens: ownTokens, globalGuard });
        await expect(booting).rejects.toThrow(`contexts: { ${type}: 'unguarded' }`);
        for (const name of names) await expect(boot(parts)).rejects.toThrow(name);
      }
      // What another context says is nothing here.
      await expect(
        boot(parts, unguarded('necord', 'constructor', '__proto__', type.toUpperCase())),
      ).rejects.toThrow(names[0]);
    });

    it('and so do those of a microservice by itself', async () => {
      const root = rootModule({
        imports: [PortcullisModule.forRoot({ tokens: ownTokens })],
        controllers: [MixedController],
      });
      const creating = NestFactory.createMicroservice(root, { ...tcp(), logger: false, abortOnError: false });
      await expect(creating).rejects.toThrow('MixedController.message');
    });

    it('and those that are loaded late, before the app listens', async () => {
      class LateModule {}
      Reflect.defineMetadata('controllers', [MixedController], LateModule);
      const starting = running.start({
        portcullis: { tokens: ownTokens },
        prepare: (app) => app.get(LazyModuleLoader).load(() => LateModule),
      });
      await expect(starting).rejects.toThrow('MixedController.message');
    });
  });

  describe('run where the app leaves them to guards of their own', () => {
    it.each([
      ['that inherits', true],
      ['that does not inherit', false],
    ])('messages and events of a microservice %s the configuration', async (_, inheritAppConfig) => {
      const messages = new Messages();
      await running.start({
        portcullis: unguarded('rpc'),
        controllers: [MixedController],
        prepare: (app) => messages.connect(app, inheritAppConfig),
      });
      for (const data of [{}, 'text', 7, { raw: {} }, { rawHeaders: [] }])
        expect(await messages.ask('parcels', data)).toBe('in');
      await expect(messages.ask('whose', {})).rejects.toBeDefined();
      expect(ran).not.toContain('whose');
      await messages.emit('arrived');
      await eventually(() => ran.includes('event'));
      expect(await running.statusOf('/http')).toBe(200);

      const error = await messages.ask('refused', {}).catch((rejected: unknown) => rejected);
      expect(error).toEqual({
        ...{ status: 'error', code: 'insufficient_scope', message: INSUFFICIENT_SCOPE.detail, scope: 'a:1' },
      });
      expect(await running.events.first('handler.refused')).toMatchObject([
        { context: 'rpc', code: 'insufficient_scope', reason: 'the operator reads this' },
      ]);
    });

    it('messages of a gateway, and its client learns no more of a refusal than one of HTTP', async () => {
      await running.start({
        portcullis: unguarded('ws'),
        providers: [ParcelsGateway, NewsGateway],
        prepare: (app) => app.useWebSocketAdapter(new WsAdapter(app)),
      });
      const socket = new WebSocket(running.url.replace('http', 'ws'));
      await once(socket, 'open');
      const ask = async (event: string) => {
        socket.send(JSON.stringify({ event, data: {} }));
        return JSON.parse(String((await once(socket, 'message'))[0]));
      };
      expect(await ask('parcels')).toEqual({ event: 'parcels', data: 'in' });
      expect(await ask('refused')).toEqual({
        event: 'exception',
        data: {
          status: 'error',
          code: 'insufficient_scope',
          message: INSUFFICIENT_SCOPE.detail,
          scope: 'a:1',
        },
      });
      expect(running.events.of('handler.refused')).toMatchObject([{ context: 'ws' }]);
      socket.terminate();
    });

    it('resolvers', async () => {
      await boot({ providers: [ParcelsResolver] }, unguarded('graphql'));
      expect(await running.app.get(ParcelsResolver).parcels()).toBe('in');
    });
  });

  describe('that demand something and are left alone all the same', () => {
    @Controller()
    class DemandingController {
      @Scopes('a:1')
      @MessagePattern('scoped')
      scoped() {}

      @RateLimit({ requests: 1, windowSeconds: 1 })
      @Public()
      @MessagePattern('limited')
      limited() {}

      @Strikes({ event: 'login_failed' })
      @Public()
      @MessagePattern('watched')
      watched() {}

      @UseGuards(AccessGuard)
      @MessagePattern('placed')
      placed() {}

      @MessagePattern('undeclared')
      undeclared() {}
    }

    @UseGuards(class OwnKeys extends ApiKeyGuard {})
    @WebSocketGateway()
    class GuardedGateway {
      @SubscribeMessage('x')
      placed() {}
    }

    it('keep the app from booting: nobody would check it', async () => {
      const parts = { controllers: [DemandingController], providers: [GuardedGateway] };
      const error = await boot(parts, unguarded('rpc', 'ws')).catch((thrown: Error) => thrown.message);
      expect(error).toMatch('DemandingController.scoped: demands what nobody checks');
      expect(error).toMatch('DemandingController.limited: demands what nobody checks');
      expect(error).toMatch('DemandingController.watched: demands what nobody checks');
      expect(error).toMatch('DemandingController.placed: demands what nobody checks');
      expect(error).toMatch('GuardedGateway.placed: demands what nobody checks');
      expect(error).not.toMatch('undeclared');
    });
  });

  describe('of libraries that bring their own kind', () => {
    const lines = new LineKeeper();

    it('are refused, with an event and one line that says what to do', async () => {
      await running.start({ portcullis: { tokens: ownTokens }, providers: [ParcelsBot], logger: lines });
      for (const [type, ...args] of [
        ['necord', {}],
        ['toString', {}],
        [undefined, { id: 1 }],
        [undefined, 'a job'],
        [undefined],
        [undefined, { raw: 'x' }],
        [undefined, { rawHeaders: [], headers: {}, method: 'GET', url: '/' }],
      ] as [string | undefined, ...unknown[]][]) {
        const calling = callThrough(running.app, type)(...args);
        await expect(calling).rejects.toMatchObject({ code: 'unsupported_context' });
        const [last] = running.events.of('handler.refused').slice(-1);
        expect(last).toMatchObject({
          ...{ context: type ?? 'external', handler: 'ParcelsBot.work', code: 'unsupported_context' },
        });
      }
      const said = lines.lines.filter((line) =>
        line.includes('does not guard. Where it has guards of its own'),
      );
      expect(said).toHaveLength(3);
      expect(ran).toEqual([]);
    });

    it.each([
      ['necord', 'necord'],
      ['a made-up one', 'made-up: 7'],
      ['one named like what objects inherit', 'constructor'],
      ['one that names none', undefined],
    ])('run where the app names them: %s', async (_, type) => {
      await boot({ providers: [ParcelsBot] }, unguarded(type ?? 'external'));
      expect(await callThrough(running.app, type)({ id: 1 })).toBe('in');
      await expect(callThrough(running.app, 'another')({})).rejects.toMatchObject({
        code: 'unsupported_context',
      });
      for (const method of ['guarded', 'closed'] as const)
        await expect(callThrough(running.app, type, method)({})).rejects.toMatchObject({
          code: 'unsupported_context',
        });
      expect(ran).toEqual(['bot']);
    });

    it('keep the app from booting where they demand something, which nobody would check', async () => {
      @Injectable()
      class DemandingBot {
        @RequireUser()
        demanding() {}
      }
      await expect(boot({ providers: [DemandingBot] }, unguarded('necord'))).rejects.toThrow(
        'DemandingBot.demanding: @RequireUser protects nothing',
      );
    });

    it('keep the guards that they have', async () => {
      class Closed implements CanActivate {
        canActivate(host: ExecutionContext) {
          return host.getType<string>() !== 'necord';
        }
      }
      await boot({ providers: [ParcelsBot] }, unguarded('necord'));
      running.app.useGlobalGuards(new Closed());
      await expect(callThrough(running.app, 'necord')({})).rejects.toBeInstanceOf(ForbiddenException);
    });

    it('are left alone in an app that places its guards by hand', async () => {
      await boot({ providers: [ParcelsBot] }, { tokens: ownTokens, globalGuard: false });
      expect(await callThrough(running.app, 'necord')({})).toBe('in');
      await expect(callThrough(running.app, 'necord', 'guarded')({})).rejects.toMatchObject({
        code: 'unsupported_context',
      });
    });
  });

  it('a class that another app shares is not changed for it', async () => {
    @Controller()
    class SharedController {
      @MessagePattern('shared')
      shared() {
        ran.push('shared');
        return 'in';
      }
    }
    await expect(boot({ controllers: [SharedController] })).rejects.toThrow('SharedController.shared');
    await boot({ controllers: [SharedController] }, unguarded('rpc'));

    const messages = new Messages();
    const other = await NestFactory.create(rootModule({ controllers: [SharedController] }), {
      logger: false,
    });
    await messages.connect(other, true);
    expect(await messages.ask('shared', {})).toBe('in');
    await other.close();
  });

  it('a refusal says to nobody what is for operators, however it is serialized', () => {
    const [error] = [refused()];
    const copies = [JSON.stringify(error), JSON.stringify({ ...error }), Object.keys(error).join()];
    for (const copy of copies)
      expect(copy).not.toMatch(/operator|k-1|secret_event|reason|strikeEvent|database/);
    expect(error).toMatchObject({
      reason: 'the operator reads this',
      keyId: 'k-1',
      strikeEvent: 'secret_event',
    });
    expect((error.cause as Error).message).toBe('of the database');
  });
});

describe('the option contexts', () => {
  it.each<readonly [unknown, string]>([
    [{ http: 'unguarded' }, 'can not leave HTTP unguarded'],
    [{ rpc: 'open' }, `can only say 'unguarded' of "rpc"`],
    [{ rpc: true }, `can only say 'unguarded' of "rpc"`],
    [{ rpc: undefined }, `can only say 'unguarded' of "rpc"`],
    [{ '': 'unguarded' }, 'must name types of contexts'],
    [{ [Symbol('rpc')]: 'unguarded' }, 'must name types of contexts'],
    [JSON.parse('{"__proto__":"open"}'), `can only say 'unguarded' of "__proto__"`],
    ...[
      null,
      'rpc',
      7,
      true,
      ['rpc'],
      new Map([['rpc', 'unguarded']]),
      Object.create({ rpc: 'unguarded' }),
    ].map((value) => [value, 'must be an object such as'] as const),
  ])('%j is refused at boot', async (contexts, problem) => {
    const root = rootModule({ imports: [PortcullisModule.forRoot({ contexts } as PortcullisOptions)] });
    const creating = NestFactory.create(root, { logger: false, abortOnError: false });
    await expect(creating).rejects.toThrow(`contexts: ${problem}`);
  });
});
