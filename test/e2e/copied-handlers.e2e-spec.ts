import { Controller, Get, type Type } from '@nestjs/common';
import { Public, RequireApp, RequireUser, Scopes } from '@portcullis/auth';
import { decorate, Mixin, settings } from 'ts-mixer';
import { appWith, noStrikes, ownTokens, userWith } from '../support/credentials.js';
import { describeOnPlatforms, RunningApp } from '../support/running-app.js';

const portcullis = { tokens: ownTokens, bans: noStrikes };

/** The TypeScript handbook's, to the letter but for its types: it copies `constructor` as well. */
function applyMixins(derived: Type, bases: Type[]) {
  for (const base of bases) {
    for (const name of Object.getOwnPropertyNames(base.prototype)) {
      Object.defineProperty(
        derived.prototype,
        name,
        Object.getOwnPropertyDescriptor(base.prototype, name) ?? Object.create(null),
      );
    }
  }
}

/** The same, with the methods only. */
function copyMethods(derived: Type, base: Type) {
  const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors(base.prototype);
  Object.defineProperties(derived.prototype, methods);
}

/** Replaces the method, as tracing and caching decorators do. */
function Wrapped(copiesMetadata: boolean): MethodDecorator {
  return (_target, _name, descriptor: PropertyDescriptor) => {
    const { value } = descriptor;
    descriptor.value = function (this: unknown, ...parameters: unknown[]) {
      return value.apply(this, parameters);
    };
    if (!copiesMetadata) return;
    for (const key of Reflect.getMetadataKeys(value))
      Reflect.defineMetadata(key, Reflect.getMetadata(key, value), descriptor.value);
  };
}

class Reading {
  @RequireUser('parcels:read')
  @Get('list')
  list() {
    return 'in';
  }
}

@RequireUser('parcels:read')
class ReadingAsAWhole {
  @Get('list')
  list() {
    return 'in';
  }
}

class WrappedReading {
  @Get('list')
  @Wrapped(false)
  @RequireUser('parcels:read')
  list() {
    return 'in';
  }
}

class WrappedWithMetadata {
  @Wrapped(true)
  @RequireUser('parcels:read')
  @Get('list')
  list() {
    return 'in';
  }
}

class DecoratedForMixing {
  @decorate(RequireUser('parcels:read'))
  @decorate(Get('list'))
  list() {
    return 'in';
  }
}

class Pinging {
  @Public()
  @Get('ping')
  ping() {
    return 'in';
  }
}

let count = 0;

/** A controller at a path of its own. */
function controllerOf(made: Type): Type {
  Controller(`c${count++}`)(made);
  return made;
}

const handbook = (base: Type) => {
  class Host {
    @Get('own')
    own() {
      return 'in';
    }
  }
  applyMixins(Host, [base]);
  return Host;
};

const copied = (base: Type) => {
  class Host {}
  copyMethods(Host, base);
  return Host;
};

const inheritedCopy = (base: Type) => class extends copied(base) {};

const mixed = (base: Type) => class extends Mixin(base, Pinging) {};

const mixedByProxies = (base: Type) => {
  settings.prototypeStrategy = 'proxy';
  try {
    return class extends Mixin(base, Pinging) {};
  } finally {
    settings.prototypeStrategy = 'copy';
  }
};

/** A function around the other one, with all of its metadata. */
const wrapping = (base: Type) => {
  class Host {}
  copyMethods(Host, base);
  const descriptor = Object.getOwnPropertyDescriptor(Host.prototype, 'list') as PropertyDescriptor;
  Wrapped(true)(Host.prototype, 'list', descriptor);
  Object.defineProperty(Host.prototype, 'list', descriptor);
  return Host;
};

const underAnotherName = (base: Type) => {
  class Host {}
  Object.defineProperty(Host.prototype, 'all', { value: base.prototype.list, enumerable: false });
  return Host;
};

const bound = (base: Type) => {
  class Host {
    constructor() {
      const self = this as unknown as { list(): unknown };
      self.list = self.list.bind(this);
    }
  }
  copyMethods(Host, base);
  return Host;
};

const ways = { handbook, copied, inheritedCopy, mixed, mixedByProxies, wrapping, underAnotherName, bound };
const sources = { Reading, ReadingAsAWhole, WrappedReading, WrappedWithMetadata };

const cases = [
  ...Object.entries(ways).flatMap(([way, make]) =>
    Object.entries(sources)
      // Nothing shows where a function is from that is wrapped again, and has lost its metadata before.
      .filter(([, base]) => make !== wrapping || base !== WrappedReading)
      .map(([source, base]) => ({ title: `${source}, ${way}`, controller: controllerOf(make(base)) })),
  ),
  { title: 'ts-mixer and its decorate()', controller: controllerOf(mixed(DecoratedForMixing)) },
];

describeOnPlatforms('what a copied handler demands on %s', (running) => {
  beforeAll(() => running.start({ portcullis, controllers: cases.map(({ controller }) => controller) }));

  it.each(cases)('holds: $title', async ({ controller }) => {
    const path = `/${Reflect.getMetadata('path', controller)}/list`;
    expect(await running.statusOf(path)).toBe(401);
    expect(await running.statusOf(path, await userWith(running.app))).toBe(403);
    expect(await running.statusOf(path, await appWith(running.app, ['parcels:read']))).toBe(401);
    expect(await running.statusOf(path, await userWith(running.app, ['parcels:read']))).toBe(200);
  });

  it("holds beside methods of the controller's own, under which nobody reports its class", async () => {
    const path = `/${Reflect.getMetadata('path', cases[0]?.controller as Type)}/own`;
    expect(await running.statusOf(path)).toBe(401);
    expect(await running.statusOf(path, await userWith(running.app))).toBe(200);
  });

  it('is nothing where it is public', async () => {
    const { controller } = cases.find(({ title }) => title === 'Reading, mixed') ?? {};
    expect(await running.statusOf(`/${Reflect.getMetadata('path', controller as Type)}/ping`)).toBe(200);
  });
});

/** Whose controller declares something else for the copy. */
const contradicting: [string, () => Type, string][] = [
  [
    'its own decorators stand on a method that the copy has replaced',
    () => {
      class Host {
        @RequireUser('parcels:write')
        @Get('list')
        list() {}
      }
      copyMethods(Host, Reading);
      return Host;
    },
    'Host.list is a copy of Reading.list, which demands @RequireUser("parcels:read"), but Host.list says @RequireUser("parcels:write")',
  ],
  [
    'it is public there',
    () => {
      class Host {
        @Public()
        @Get('list')
        list() {}
      }
      copyMethods(Host, WrappedReading);
      return Host;
    },
    'Host.list is a copy of WrappedReading.list, which demands @RequireUser("parcels:read"), but Host.list says @Public',
  ],
  [
    'its class is public',
    () => {
      class Host {}
      copyMethods(Host, Reading);
      Public()(Host);
      return Host;
    },
    'Host: @Public is without effect on Host.list, because Reading.list says @RequireUser("parcels:read")',
  ],
  [
    'its class and that of the copy demand different things',
    () => {
      class Host {}
      copyMethods(Host, ReadingAsAWhole);
      RequireApp('parcels:read')(Host);
      return Host;
    },
    'Host.list is a copy of ReadingAsAWhole.list, which demands @RequireUser("parcels:read"), but Host says @RequireApp("parcels:read")',
  ],
  [
    'one function stands for two handlers',
    () => {
      class Host {
        @RequireUser('parcels:read')
        @Get('list')
        list() {}
      }
      const descriptor = Object.getOwnPropertyDescriptor(Host.prototype, 'list') as PropertyDescriptor;
      Object.defineProperty(Host.prototype, 'open', descriptor);
      Public()(Host.prototype, 'open', descriptor);
      return Host;
    },
    'are one function, and cannot be told apart, but demand different things',
  ],
];

describeOnPlatforms('a copied handler for which something else is declared on %s', (running) => {
  it.each(contradicting)('keeps the app from booting where %s', async (_, make, message) => {
    const booting = running.start({ portcullis, controllers: [controllerOf(make())] });
    await expect(booting).rejects.toThrow(message);
  });

  it('may say the same, or demand more', async () => {
    class Same {
      @RequireUser('parcels:read')
      @Get('list')
      list() {}
    }
    class More {}
    for (const host of [Same, More]) copyMethods(host, Reading);
    Scopes('parcels:audit')(More);
    await running.start({ portcullis, controllers: [Same, More].map(controllerOf) });
    const [reader, auditor] = [
      await userWith(running.app, ['parcels:read']),
      await userWith(running.app, ['parcels:read', 'parcels:audit']),
    ];
    const pathOf = (type: Type) => `/${Reflect.getMetadata('path', type)}/list`;
    expect(await running.statusOf(pathOf(Same), reader)).toBe(200);
    expect(await running.statusOf(pathOf(More), reader)).toBe(403);
    expect(await running.statusOf(pathOf(More), auditor)).toBe(200);
  });

  it('leaves the class that it was copied from as it was', async () => {
    class Base {
      @Get('list')
      list() {
        return 'in';
      }
    }
    class Host {}
    copyMethods(Host, Base);
    RequireUser('parcels:read')(
      Host.prototype,
      'list',
      Object.getOwnPropertyDescriptor(Host.prototype, 'list') as PropertyDescriptor,
    );
    const other = new RunningApp(running.platform);
    await running.start({ portcullis, controllers: [controllerOf(Host)] });
    expect(
      await running.statusOf(`/${Reflect.getMetadata('path', Host)}/list`, await userWith(running.app)),
    ).toBe(403);
    class Redeclared extends Reading {}
    RequireApp('parcels:read')(
      Redeclared.prototype,
      'list',
      Object.getOwnPropertyDescriptor(Reading.prototype, 'list') as PropertyDescriptor,
    );
    class Plain extends Reading {}
    class Copy {}
    copyMethods(Copy, Reading);
    await other.start({ portcullis, controllers: [Redeclared, Plain, Copy].map(controllerOf) });
    const pathOf = (type: Type) => `/${Reflect.getMetadata('path', type)}/list`;
    expect(await other.statusOf(pathOf(Redeclared), await appWith(other.app, ['parcels:read']))).toBe(200);
    for (const type of [Plain, Copy])
      expect(await other.statusOf(pathOf(type), await userWith(other.app, ['parcels:read']))).toBe(200);
    await other.close();
  });
});
