import { type DynamicModule, Module } from '@nestjs/common';
import { mountAt } from '../routes/mount-at.js';
import { OwnConsentsController } from './own-consents.controller.js';

export interface PortcullisConsentsOptions {
  /** The path in front of `consents`. By default `auth`. */
  readonly path?: string;
}

/** Routes by which users see what they let clients of the authorization server do, and take it back. Import it where there is such a server. */
@Module({})
export class PortcullisConsentsModule {
  static register({ path = 'auth' }: PortcullisConsentsOptions = {}): DynamicModule {
    return {
      module: PortcullisConsentsModule,
      controllers: [mountAt(`${path}/consents`, OwnConsentsController)],
    };
  }
}
