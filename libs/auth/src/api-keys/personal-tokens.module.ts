import type { DynamicModule } from '@nestjs/common';
import { aPath, demandOptions, optional } from '../routes/module-options.js';
import { mountAt } from '../routes/mount-at.js';
import { RouteModule, registered } from '../routes/route-module.js';
import { PersonalTokensController } from './personal-tokens.controller.js';

export interface PortcullisPersonalTokensOptions {
  /** Where the routes are. By default `personal-tokens`. */
  readonly path?: string;
}

/** Routes by which users make, list and revoke their own personal tokens. Import it where such tokens are wanted. */
@RouteModule()
export class PortcullisPersonalTokensModule {
  /** @throws PortcullisConfigurationError naming what is wrong */
  static register(given: PortcullisPersonalTokensOptions = {}): DynamicModule {
    demandOptions<PortcullisPersonalTokensOptions>(PortcullisPersonalTokensModule.name, given, {
      path: optional(aPath),
    });
    const { path = 'personal-tokens' } = given;
    const controllers = [mountAt(path, PersonalTokensController)];
    return registered({ module: PortcullisPersonalTokensModule, controllers });
  }
}
