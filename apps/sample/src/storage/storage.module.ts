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

/**
 * Where keys, bans, revocations and the audit log outlive the process. To be imported before
 * Portcullis, which writes until it is shut down: Nest shuts global modules down last, and the one that was imported first at the end.
 */
@Module({})
export class StorageModule {
  static forRoot(config: SampleConfig): DynamicModule {
    return {
      module: StorageModule,
      global: true,
      providers: [{ provide: STORAGE, useFactory: () => openStorage(config) }, StorageCloser],
      exports: [STORAGE],
    };
  }
}
