import type { Replicator } from '../replication/replicator.js';
import type { ApiKeySelection } from './api-key.store.js';
import { API_KEYS_CHANGED } from './api-key-changes.js';
import type { ApiKeyVerifier } from './api-key-verifier.js';

/** Changes keys, so that the change holds here at once and is told to the others. */
export class ApiKeyChanging {
  constructor(
    private readonly verifier: ApiKeyVerifier,
    private readonly replicator: Replicator,
  ) {}

  /**
   * What was remembered of changed keys is forgotten, also where nothing was left to change: another instance may have done it. A
   * change that failed may have happened all the same.
   *
   * @throws PortcullisError `temporarily_unavailable` when the store fails, or other instances may not know of it yet
   */
  async run<T>(
    selection: ApiKeySelection,
    change: () => Promise<T>,
    idsOf: (result: T) => readonly string[] = () => [],
  ): Promise<T> {
    const named = 'id' in selection ? [selection.id] : [];
    try {
      const result = await change();
      await this.#publish([...named, ...idsOf(result)]);
      return result;
    } catch (error) {
      if (named.length > 0) await this.#publish(named).catch(() => undefined);
      else this.verifier.forgetAll();
      throw error;
    }
  }

  /** @throws PortcullisError `temporarily_unavailable` when other instances may not know of it yet */
  async #publish(ids: readonly string[]): Promise<void> {
    this.verifier.forget(ids);
    if (ids.length > 0) await this.replicator.publish(API_KEYS_CHANGED, { ids });
  }
}
