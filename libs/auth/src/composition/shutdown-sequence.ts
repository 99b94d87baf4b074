import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { within } from '../async/time-limit.js';
import { onceClosed } from '../guard/http-platforms.js';
import { OpenConnections } from '../guard/open-connections.js';
import { Log } from '../log.js';
import { Replicator } from '../replication/replicator.js';
import { Shutdown } from '../shutdown/shutdown.js';
import type { ResolvedOptions } from './portcullis.options.js';
import { RESOLVED_OPTIONS } from './resolve-options.js';

/** How long somebody else may take to let go, in milliseconds. */
const PATIENCE_MS = 10_000;

/**
 * Stops in the order in which nothing is lost: what waits is written before anybody else's hook can close where it goes to, and again
 * when the server has answered its last request; only then the storage is closed.
 */
@Injectable()
export class ShutdownSequence implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #logger = new Log();
  #connections: OpenConnections | undefined;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly shutdown: Shutdown,
    private readonly replicator: Replicator,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  onModuleInit(): void {
    this.#connections = OpenConnections.of(this.host.httpAdapter?.getHttpServer());
  }

  async beforeApplicationShutdown(): Promise<void> {
    // Nest closes the server between its two hooks, and has nobody called in between.
    if (this.host.httpAdapter)
      onceClosed(this.host.httpAdapter, this.#connections, () => this.shutdown.writeRest());
    await this.shutdown.writeRest();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.shutdown.writeRest();
    await this.#inTime('The change feed', this.replicator.close());
    this.shutdown.end();
    const { storage } = this.options;
    if (storage !== undefined) await this.#inTime('The storage', storage.close());
  }

  async #inTime(what: string, closing: Promise<unknown>): Promise<void> {
    const closed = closing.catch((error) => this.#logger.error(`${what} could not be closed: ${error}`));
    if (!(await within(PATIENCE_MS, closed)))
      this.#logger.error(`${what} does not close, and is left as it is`);
  }
}
