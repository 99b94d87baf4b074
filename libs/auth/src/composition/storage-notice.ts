import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Log } from '../log.js';
import type { ResolvedOptions } from './portcullis.options.js';
import { RESOLVED_OPTIONS } from './resolve-options.js';

/** Says at boot what is wrong with what is shared. Nobody waits for it: the app boots all the same. */
@Injectable()
export class StorageNotice implements OnApplicationBootstrap {
  readonly #logger = new Log();

  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions) {}

  onApplicationBootstrap(): void {
    void this.#say();
  }

  async #say(): Promise<void> {
    try {
      const warning = await this.options.storage?.warning?.();
      if (warning !== undefined) this.#logger.warn(warning);
    } catch (error) {
      this.#logger.debug(`Whether something is wrong with the storage is not known: ${error}`);
    }
  }
}
