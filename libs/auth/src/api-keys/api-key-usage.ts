import { Inject, Injectable } from '@nestjs/common';
import { Log, textOf } from '../log.js';
import { Shutdown, type ShutdownWork } from '../shutdown/shutdown.js';
import type { ApiKeyStore, ApiKeyUse } from './api-key.store.js';
import { API_KEY_SETTINGS, type ApiKeySettings } from './api-key-settings.js';

/** A key's last use is written at most so often. */
const WRITE_EVERY_MS = 60_000;
/** Uses are gathered for at least so long, and so written together. */
const GATHER_MS = 1_000;

/** Notes when and from where each key was last used, beside the requests: in batches, and never in their way. */
@Injectable()
export class ApiKeyUsage implements ShutdownWork {
  readonly name = 'The last uses of API keys';
  readonly #logger = new Log();
  readonly #store: ApiKeyStore;
  /** The last use of each key that isn't written yet. */
  #pending = new Map<string, { -readonly [Fact in keyof ApiKeyUse]: ApiKeyUse[Fact] }>();
  #timer: NodeJS.Timeout | undefined;
  /** The last write, under way or done: one follows the other, and a shutdown waits for it. */
  #writing = Promise.resolve();
  #wroteAt = Number.NEGATIVE_INFINITY;

  constructor(
    @Inject(API_KEY_SETTINGS) private readonly options: ApiKeySettings,
    shutdown: Shutdown,
  ) {
    this.#store = options.stores.apiKeys;
    shutdown.register(this);
  }

  /** @param from the address in canonical form */
  note(id: string, from: string): void {
    const at = this.options.now();
    const use = this.#pending.get(id);
    if (use === undefined) this.#pending.set(id, { id, at, from });
    else {
      use.at = at;
      use.from = from;
    }
    this.#timer ??= this.#schedule();
  }

  /** Writes what there is. It never throws: what can't be written now is tried again with the next uses. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  writeRest(): Promise<void> {
    return this.flush();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  async #write(): Promise<void> {
    const uses = this.#pending;
    if (uses.size === 0) return;
    this.#pending = new Map();
    this.#wroteAt = performance.now();
    try {
      await this.#store.recordUses([...uses.values()]);
    } catch (error) {
      this.#logger.warn(`The last uses of ${uses.size} API keys could not be written: ${textOf(error)}`);
      this.#pending = new Map([...uses, ...this.#pending]);
      this.#timer ??= this.#schedule();
    }
  }

  #schedule(): NodeJS.Timeout {
    const delay = Math.max(GATHER_MS, this.#wroteAt + WRITE_EVERY_MS - performance.now());
    return setTimeout(() => void this.flush(), delay).unref();
  }
}
