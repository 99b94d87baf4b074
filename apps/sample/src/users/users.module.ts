import { type DynamicModule, Module } from '@nestjs/common';
import type { SampleConfig } from '../config.js';
import { USERS_DATABASE, UsersService } from './users.service.js';
import { usersDatabaseOf } from './users-database.js';

@Module({})
export class UsersModule {
  static forRoot(config: SampleConfig): DynamicModule {
    return {
      module: UsersModule,
      global: true,
      providers: [{ provide: USERS_DATABASE, useFactory: () => usersDatabaseOf(config) }, UsersService],
      exports: [UsersService],
    };
  }
}
