import { Injectable } from '@nestjs/common';
import { within } from '../async/time-limit.js';
import { Log, textOf } from '../log.js';

/** How long each may take to write what it has, in milliseconds. */
const PATIENCE_MS = 5_000;

/** What is still to be done before the stores are closed. */
export interface ShutdownWork {
  /** Whose work it is, for the log. */
  readonly name: string;
  /** Writes what waits now. Called more than once, since requests under way may add to it. It should not fail. */
  writeRest(): Promise<void>;
  /** Called once, when nothing can come any more. */
  end?(): void;
}

/**
 * What has to be done when the app stops. Whoever keeps something in memory that is still to be written registers it here: Nest
 * calls `onApplicationShutdown` of an app's own modules before ours, and there they may close what their data goes to.
 */
@Injectable()
export class Shutdown {
  readonly #logger = new Log();
  readonly #works: ShutdownWork[] = [];
  /** What did not end in time is not waited for again, unless it has ended since. */
  readonly #hanging = new Set<ShutdownWork>();

  register(work: ShutdownWork): void {
    this.#works.push(work);
  }

  /** Has everything written that waits. It never throws, and takes no longer than five seconds. */
  async writeRest(): Promise<void> {
    await Promise.all(this.#works.map((work) => this.#write(work)));
  }

  /** To be called when nothing can come any more. */
  end(): void {
    for (const work of this.#works) work.end?.();
  }

  async #write(work: ShutdownWork): Promise<void> {
    if (this.#hanging.has(work)) return;
    this.#hanging.add(work);
    const writing = this.#attempt(work).finally(() => this.#hanging.delete(work));
    if (!(await within(PATIENCE_MS, writing)))
      this.#logger.error(`${work.name} could not be written in time`);
  }

  async #attempt(work: ShutdownWork): Promise<void> {
    try {
      await work.writeRest();
    } catch (error) {
      this.#logger.error(`${work.name} could not be written: ${textOf(error)}`);
    }
  }
}
