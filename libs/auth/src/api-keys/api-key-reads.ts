import { PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import type { ApiKeyRecord } from './api-key.store.js';

/** So many keys are looked up at the same time; where the store is slow, more would only wait for each other. */
const MOST_READS = 1_000;

/** The reads of the store under way: a crowd with one key asks it once, and a crowd with many keys is sent away. */
export class ApiKeyReads {
  #byName = new Map<string, Promise<ApiKeyRecord | undefined>>();
  /** Those that are forgotten but not over, too. */
  #underWay = 0;

  /**
   * What the store says of a key, or is being asked already.
   *
   * @throws PortcullisError `temporarily_unavailable` when it fails, or is asked for too much at once
   */
  once(name: string, read: () => Promise<ApiKeyRecord | undefined>): Promise<ApiKeyRecord | undefined> {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    if (this.#underWay >= MOST_READS) throw unavailable('too many API keys are looked up at the same time');
    const byName = this.#byName;
    const reading = this.#counted(read).finally(() => byName.delete(name));
    byName.set(name, reading);
    return reading;
  }

  /** What is read from now on is read anew. */
  forget(): void {
    this.#byName = new Map();
  }

  async #counted(read: () => Promise<ApiKeyRecord | undefined>): Promise<ApiKeyRecord | undefined> {
    this.#underWay++;
    try {
      return await read();
    } catch (cause) {
      throw cause instanceof PortcullisError
        ? cause
        : unavailable(`the API key can not be read: ${cause}`, cause);
    } finally {
      this.#underWay--;
    }
  }
}

export function unavailable(reason: string, cause?: unknown): PortcullisError {
  return new PortcullisError(TEMPORARILY_UNAVAILABLE, reason, {
    retryAfterSeconds: 1,
    ...(cause !== undefined && { cause }),
  });
}
