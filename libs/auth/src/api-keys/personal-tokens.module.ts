import { type DynamicModule, Module } from '@nestjs/common';
import { mountAt } from '../routes/mount-at.js';
import { PersonalTokensController } from './personal-tokens.controller.js';

export interface PortcullisPersonalTokensOptions {
  /** Where the routes are. By default `personal-tokens`. */
  readonly path?: string;
}

/** Routes by which users make, list and revoke their own personal tokens. Import it where such tokens are wanted. */
@Module({})
export class PortcullisPersonalTokensModule {
  static register({ path = 'personal-tokens' }: PortcullisPersonalTokensOptions = {}): DynamicModule {
    const controllers = [mountAt(path, PersonalTokensController)];
    return { module: PortcullisPersonalTokensModule, controllers };
  }
}
