import { type CanActivate, Inject, Injectable, type OnModuleInit, Optional, type Type } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { HttpAdapterHost, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { PortcullisConfigurationError } from '../errors.js';
import { declarationLayers } from './declaration-layers.js';

/** Provided where the module is in charge of an app. Nothing else has its value, as a mock of everything might. */
export const MODULE_IN_CHARGE = Symbol('portcullis.module-in-charge');

/**
 * What our decorators put on a handler: in an app without the module nothing else would guard it. It is constructed anew for each app,
 * so that a class which several apps share is closed in one of them and not in the other.
 */
@Injectable()
export class MissingModuleGuard implements CanActivate, OnModuleInit {
  constructor(
    @Optional() @Inject(MODULE_IN_CHARGE) private readonly inCharge: unknown,
    private readonly modules: ModulesContainer,
    private readonly host: HttpAdapterHost,
  ) {}

  /** @throws PortcullisConfigurationError in an app that has routes and no module, naming the handlers */
  onModuleInit(): void {
    // A unit test that only constructs controllers, or a worker without routes, needs no module.
    if (!this.#isRelieved && this.host.httpAdapter != null) throw this.#missingModule();
  }

  /** @throws PortcullisConfigurationError where no module is in charge */
  canActivate(): boolean {
    if (this.#isRelieved) return true;
    throw this.#missingModule();
  }

  /** To be called when all is constructed and no route is made: from then on the guard is none in this app, and costs nothing. */
  static relieve(modules: ModulesContainer): void {
    for (const { injectables } of modules.values()) {
      injectables.get(MissingModuleGuard)?.mergeWith({ provide: MissingModuleGuard, useValue: {} });
    }
  }

  get #isRelieved(): boolean {
    return this.inCharge === MODULE_IN_CHARGE;
  }

  #missingModule(): PortcullisConfigurationError {
    const handlers = [...this.modules.values()]
      .flatMap(({ controllers }) => [...controllers.values()])
      .flatMap(({ metatype }) => declaredHandlers(metatype as Type));
    const guarded = handlers.length === 0 ? 'handlers with decorators of Portcullis' : handlers.join(', ');
    return new PortcullisConfigurationError([
      `this app has no Portcullis (or another copy of @portcullis/auth), so nothing guards ${guarded}: ` +
        'write PortcullisModule.forRoot({ … }) into the imports of its root module',
    ]);
  }
}

function declaredHandlers(type: Type): string[] {
  return new MetadataScanner()
    .getAllMethodNames(type.prototype)
    .filter((method) => Reflect.hasMetadata(PATH_METADATA, type.prototype[method]))
    .filter((method) => declarationLayers(type, method).some(({ declarations }) => declarations.length > 0))
    .map((method) => `${type.name}.${method}`);
}
