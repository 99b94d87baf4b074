import type { DynamicModule } from '@nestjs/common';
import { aPath, demandOptions, optional } from '../routes/module-options.js';
import { mountAt } from '../routes/mount-at.js';
import { RouteModule, registered } from '../routes/route-module.js';
import { OwnConsentsController } from './own-consents.controller.js';

export interface PortcullisConsentsOptions {
  /** The path in front of `consents`. By default `auth`. */
  readonly path?: string;
}

/** Routes by which users see what they let clients of the authorization server do, and take it back. Import it where there is such a server. */
@RouteModule()
export class PortcullisConsentsModule {
  /** @throws PortcullisConfigurationError naming what is wrong */
  static register(given: PortcullisConsentsOptions = {}): DynamicModule {
    demandOptions<PortcullisConsentsOptions>(PortcullisConsentsModule.name, given, { path: optional(aPath) });
    const { path = 'auth' } = given;
    return registered({
      module: PortcullisConsentsModule,
      controllers: [mountAt(`${path}/consents`, OwnConsentsController)],
    });
  }
}
