import { type DynamicModule, Inject, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { SampleConfig } from '../config.js';
import { openStorage, type Storage } from './storage.js';

/** Injects the {@link Storage}. */
export const STORAGE = Symbol('storage');

/** Lets go of the database when everything that uses it has stopped. */
@Injectable()
class StorageCloser implements OnApplicationShutdown {
  constructor(@Inject(STORAGE) private readonly storage: Storage) {}

  onApplicationShutdown(): Promise<void> {
    return this.storage.close();
  }
}

@Module({})
export class StorageModule {
  static forRoot(config: SampleConfig): DynamicModule {
    return {
      module: StorageModule,
      providers: [{ provide: STORAGE, useFactory: () => openStorage(config) }, StorageCloser],
      exports: [STORAGE],
    };
  }
}
