import type { ExecutionContext, Type } from '@nestjs/common';
import { ContextIdFactory, type DiscoveryService, type MetadataScanner } from '@nestjs/core';

/** What Nest knows of a controller, or of a provider that has handlers. */
type Wrapper = ReturnType<DiscoveryService['getControllers']>[number];

type Instance = Readonly<Record<string, unknown>>;

/** Finds the method that a function stands in for: a controller may replace its handlers on each of its instances. */
export class HandlerInstances {
  /** By the classes as Nest reports them. */
  #wrappers = new Map<unknown, readonly Wrapper[]>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** Every controller that there is once for the whole app. */
  get lasting(): readonly { readonly type: Type; readonly instance: Instance }[] {
    return this.discovery
      .getControllers()
      .filter((wrapper) => wrapper.isDependencyTreeStatic())
      .map(({ metatype, instance }) => ({ type: metatype as Type, instance }));
  }

  /** Every controller that is constructed anew for each request. */
  get passing(): readonly Type[] {
    return this.discovery
      .getControllers()
      .filter((wrapper) => !wrapper.isDependencyTreeStatic())
      .map(({ metatype }) => metatype as Type);
  }

  /**
   * The methods whose function, on the instance that is asked, is this one.
   *
   * @param reported the class as Nest reports it, which a mixin may have written into another one
   */
  methodsOf(
    reported: Type,
    handler: object,
    host: ExecutionContext | undefined,
  ): { readonly type: Type; readonly method: string }[] {
    return this.#wrappersOf(reported).flatMap((wrapper) => {
      const type = wrapper.metatype as Type;
      const instance = instanceOf(wrapper, host);
      return this.scanner
        .getAllMethodNames(type.prototype)
        .filter((method) => instance?.[method] === handler)
        .map((method) => ({ type, method }));
    });
  }

  #wrappersOf(reported: Type): readonly Wrapper[] {
    // A module that is loaded lazily brings more of them.
    if (!this.#wrappers.has(reported)) {
      this.#wrappers = new Map();
      for (const wrapper of [...this.discovery.getControllers(), ...this.discovery.getProviders()]) {
        const type = wrapper.metatype && reportedClass(wrapper.metatype as Type);
        this.#wrappers.set(type, [...(this.#wrappers.get(type) ?? []), wrapper]);
      }
    }
    return this.#wrappers.get(reported) ?? [];
  }
}

/** The class of a handler as Nest reports it: a mixin that copies `constructor` makes it another one. */
export function reportedClass(type: Type): Type {
  return type.prototype?.constructor ?? type;
}

function instanceOf(wrapper: Wrapper, host: ExecutionContext | undefined): Instance | undefined {
  if (wrapper.isDependencyTreeStatic()) return wrapper.instance;
  // Elsewhere nobody knows for which request something was constructed.
  if (host?.getType() !== 'http') return undefined;
  const request = ContextIdFactory.getByRequest(host.switchToHttp().getRequest());
  const context =
    request.getParent?.({ token: wrapper.token, isTreeDurable: wrapper.isDependencyTreeDurable() }) ??
    request;
  return wrapper.getInstanceByContextId(context, wrapper.id)?.instance;
}
