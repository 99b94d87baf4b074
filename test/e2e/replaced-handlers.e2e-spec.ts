import {
  Controller,
  Get,
  Inject,
  Injectable,
  type OnModuleInit,
  Scope,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { ContextIdFactory } from '@nestjs/core';
import { CurrentUser, JwtGuard, Public, RequireUser } from '@portcullis/auth';
import { noStrikes, ownTokens, userWith } from '../support/credentials.js';
import { describeOnPlatforms } from '../support/running-app.js';

const portcullis = { tokens: ownTokens, bans: noStrikes };

type Replaceable = Record<'list' | 'open', (...parameters: unknown[]) => unknown>;

/** Ways to put another function in the place of a handler, on one instance. */
const replacements: Record<string, (controller: Replaceable) => void> = {
  'by binding it': (controller) => {
    controller.list = controller.list.bind(controller);
  },
  'by a closure': (controller) => {
    const { list } = controller;
    controller.list = (...parameters) => list.apply(controller, parameters);
  },
  'by a closure with its metadata': (controller) => {
    const { list } = controller;
    controller.list = (...parameters) => list.apply(controller, parameters);
    for (const key of Reflect.getMetadataKeys(list))
      Reflect.defineMetadata(key, Reflect.getMetadata(key, list), controller.list);
  },
};

@Injectable({ scope: Scope.REQUEST })
class OfRequest {}

/** One that is made anew for each request because of what it is given. */
function bubbling(type: Type): Type {
  Inject(OfRequest)(type, undefined as never, 0);
  return type;
}

/** A controller at `/c` that replaces its handler when it is constructed, or when its module is. */
function controllerOf(
  replace: (controller: Replaceable) => void,
  when: 'constructor' | 'onModuleInit',
  scope?: Scope,
): Type {
  class RoutesController implements OnModuleInit {
    constructor() {
      if (when === 'constructor') replace(this as unknown as Replaceable);
    }

    onModuleInit() {
      if (when === 'onModuleInit') replace(this as unknown as Replaceable);
    }

    list(subject?: string) {
      return { subject };
    }

    open() {
      return 'in';
    }
  }
  const { prototype } = RoutesController;
  const descriptorOf = (name: string) =>
    Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor;
  Reflect.decorate([RequireUser('parcels:read'), Get('list')], prototype, 'list', descriptorOf('list'));
  CurrentUser('subject')(prototype, 'list', 0);
  Reflect.decorate([Public(), Get('open')], prototype, 'open', descriptorOf('open'));
  Controller({ path: 'c', ...(scope !== undefined && { scope }) })(RoutesController);
  return RoutesController;
}

const scopes = { singleton: Scope.DEFAULT, request: Scope.REQUEST, transient: Scope.TRANSIENT };

describeOnPlatforms('a handler that a controller replaces on its instances on %s', (running) => {
  afterEach(() => running.close());

  const expectGuarded = async () => {
    expect(await running.statusOf('/c/list')).toBe(401);
    expect(await running.statusOf('/c/list', await userWith(running.app))).toBe(403);
    const response = await running.get('/c/list', await userWith(running.app, ['parcels:read']));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ subject: 'ada' });
    expect(await running.statusOf('/c/open')).toBe(200);
  };

  const cases = Object.entries(scopes).flatMap(([name, scope]) =>
    Object.entries(replacements).flatMap(([way, replace]) =>
      (['constructor', 'onModuleInit'] as const).map((when) => [name, way, when, scope, replace] as const),
    ),
  );

  it.each(cases)('demands what it did: %s, %s, in %s', async (_, _way, when, scope, replace) => {
    await running.start({ portcullis, controllers: [controllerOf(replace, when, scope)] });
    await expectGuarded();
    // Each of these has functions of its own.
    await expectGuarded();
  });

  it('demands what it did where something that it needs is made for each request', async () => {
    const controller = bubbling(controllerOf(replacements['by binding it'] as never, 'constructor'));
    await running.start({ portcullis, controllers: [controller], providers: [OfRequest] });
    await expectGuarded();
  });

  it('demands what it did where instances live as long as a tenant', async () => {
    const tenants = new Map([['one', ContextIdFactory.create()]]);
    ContextIdFactory.apply({
      attach: (contextId) => (info) => (info.isTreeDurable ? (tenants.get('one') ?? contextId) : contextId),
    });
    @Controller({ path: 'c', scope: Scope.REQUEST, durable: true })
    class DurableController {
      constructor() {
        this.list = this.list.bind(this);
      }

      @RequireUser('parcels:read')
      @Get('list')
      list(@CurrentUser('subject') subject: string) {
        return { subject };
      }

      @Public()
      @Get('open')
      open() {
        return 'in';
      }
    }
    try {
      await running.start({ portcullis, controllers: [DurableController] });
      await expectGuarded();
      await expectGuarded();
    } finally {
      ContextIdFactory.apply(undefined as never);
    }
  });

  const swapped = (controller: Replaceable) => {
    controller.list = controller.open;
  };

  it('keeps the app from booting where another handler takes its place, and demands less', async () => {
    const booting = running.start({ portcullis, controllers: [controllerOf(swapped, 'constructor')] });
    await expect(booting).rejects.toThrow('RoutesController.list is a copy of RoutesController.open');
  });

  it('is closed where that is known on a request only', async () => {
    await running.start({ portcullis, controllers: [controllerOf(swapped, 'constructor', Scope.REQUEST)] });
    expect(await running.statusOf('/c/list')).toBe(500);
    expect(await running.statusOf('/c/list', await userWith(running.app, ['parcels:read']))).toBe(500);
  });

  it('keeps the app from booting where it takes the place of another one, and that is public', async () => {
    class Copying {
      constructor() {
        this.open = this.list;
      }
      list() {
        return 'in';
      }
      open() {
        return 'in';
      }
    }
    for (const [name, decorator] of [
      ['list', RequireUser('parcels:read')] as const,
      ['open', Public()] as const,
    ])
      Reflect.decorate(
        [decorator, Get(name)],
        Copying.prototype,
        name,
        Object.getOwnPropertyDescriptor(Copying.prototype, name) as PropertyDescriptor,
      );
    Controller('c')(Copying);
    await expect(running.start({ portcullis, controllers: [Copying] })).rejects.toThrow('Copying.open');
  });
});

describeOnPlatforms('a guard by hand on a handler that is replaced on %s', (running) => {
  class Binding {
    [name: string]: unknown;
    constructor() {
      this.list = (this.list as () => unknown).bind(this);
    }
    list(): unknown {
      return 'in';
    }
  }

  /** The guard on the method, or on the class. */
  const guarded = (onClass: boolean, scope: Scope) => {
    class RoutesController extends Binding {}
    const descriptor = Object.getOwnPropertyDescriptor(Binding.prototype, 'list') as PropertyDescriptor;
    const { value } = descriptor;
    descriptor.value = function (this: unknown) {
      return value.call(this);
    };
    Reflect.decorate(
      [RequireUser('parcels:read'), ...(onClass ? [] : [UseGuards(JwtGuard)]), Get('list')],
      RoutesController.prototype,
      'list',
      descriptor,
    );
    Object.defineProperty(RoutesController.prototype, 'list', descriptor);
    if (onClass) UseGuards(JwtGuard)(RoutesController);
    Controller({ path: 'c', scope })(RoutesController);
    return RoutesController;
  };

  const byHand = { ...portcullis, globalGuard: false };

  it('holds on its class', async () => {
    for (const scope of [Scope.DEFAULT, Scope.REQUEST]) {
      await running.start({ portcullis: byHand, controllers: [guarded(true, scope)] });
      expect(await running.statusOf('/c/list')).toBe(401);
      expect(await running.statusOf('/c/list', await userWith(running.app))).toBe(403);
      expect(await running.statusOf('/c/list', await userWith(running.app, ['parcels:read']))).toBe(200);
    }
  });

  it('is missed on its function: at boot, or else on each request', async () => {
    await expect(
      running.start({ portcullis: byHand, controllers: [guarded(false, Scope.DEFAULT)] }),
    ).rejects.toThrow('RoutesController.list has decorators of Portcullis, but with globalGuard: false');
    await running.start({ portcullis: byHand, controllers: [guarded(false, Scope.REQUEST)] });
    expect(await running.statusOf('/c/list')).toBe(500);
    expect(await running.statusOf('/c/list', await userWith(running.app, ['parcels:read']))).toBe(500);
  });
});
