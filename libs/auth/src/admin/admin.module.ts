import { Controller, type DynamicModule, Module, type Type } from '@nestjs/common';
import { RequireUser } from '../access/access.decorator.js';
import { ApiKeysAdminController } from './api-keys.admin.controller.js';
import { BansAdminController } from './bans.admin.controller.js';
import { RevocationsAdminController } from './revocations.admin.controller.js';

export interface PortcullisAdminOptions {
  /** The path in front of `api-keys`, `bans` and `revocations`. By default `admin`. */
  readonly path?: string;
  /** The scopes that a user needs. */
  readonly scopes?: {
    /** By default `keys:admin`. */
    readonly apiKeys?: string;
    /** By default `bans:admin`. */
    readonly bans?: string;
    /** By default `tokens:admin`. */
    readonly revocations?: string;
  };
}

/** Routes for people who administer keys, bans and revocations. Import it where such routes are wanted. */
@Module({})
export class PortcullisAdminModule {
  static register({ path = 'admin', scopes = {} }: PortcullisAdminOptions = {}): DynamicModule {
    return {
      module: PortcullisAdminModule,
      controllers: [
        mount(ApiKeysAdminController, `${path}/api-keys`, scopes.apiKeys ?? 'keys:admin'),
        mount(BansAdminController, `${path}/bans`, scopes.bans ?? 'bans:admin'),
        mount(RevocationsAdminController, `${path}/revocations`, scopes.revocations ?? 'tokens:admin'),
      ],
    };
  }
}

/** Path and scope are this app's own, so each app gets classes of its own; who may call stands here alone. */
function mount(controller: Type, path: string, scope: string): Type {
  const mounted = { [controller.name]: class extends controller {} }[controller.name] as Type;
  Controller(path)(mounted);
  RequireUser(scope)(mounted);
  return mounted;
}
