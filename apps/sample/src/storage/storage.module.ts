import { join } from 'node:path';
import { type DynamicModule, Inject, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { type SqlStores, sqlite } from '@portcullis/sql';

/** Injects the {@link SqlStores}. */
export const STORES = Symbol('stores');

/** Lets go of the database when everything that uses it has stopped. */
@Injectable()
class StoresCloser implements OnApplicationShutdown {
  constructor(@Inject(STORES) private readonly stores: SqlStores) {}

  onApplicationShutdown(): Promise<void> {
    return this.stores.close();
  }
}

/** Where keys, bans and revocations outlive the process. Several processes may share the folder. */
@Module({})
export class StorageModule {
  static in(folder: string): DynamicModule {
    return {
      module: StorageModule,
      providers: [
        { provide: STORES, useFactory: () => sqlite({ file: join(folder, 'portcullis.db') }) },
        StoresCloser,
      ],
      exports: [STORES],
    };
  }
}
