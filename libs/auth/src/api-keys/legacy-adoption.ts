import { Inject, Injectable } from '@nestjs/common';
import { SecurityEvents } from '../events/security-events.js';
import type { ApiKeyRecord } from './api-key.store.js';
import { API_KEY_CREATED } from './api-key-events.js';
import { newKeyId } from './api-key-format.js';
import { ApiKeyHasher } from './api-key-hasher.js';
import { API_KEY_SETTINGS, type ApiKeySettings } from './api-key-settings.js';
import { keyFactsOf } from './key-facts.js';
import type { LegacyKey } from './legacy-keys.js';
import { recordOf } from './new-api-key.js';

/** Takes over keys of a foreign form: known to the old system, they are ours from their first use on. */
@Injectable()
export class LegacyAdoption {
  readonly #hasher: ApiKeyHasher;

  constructor(
    @Inject(API_KEY_SETTINGS) private readonly options: ApiKeySettings,
    private readonly events: SecurityEvents,
  ) {
    this.#hasher = new ApiKeyHasher(options.apiKeys.peppers);
  }

  /** Whether there are such keys at all. */
  get isWanted(): boolean {
    return this.options.apiKeys.legacy !== undefined;
  }

  /** The record of a key of a foreign form. The old system is asked only for a key that isn't ours yet, revoked ones included. */
  async find(key: string): Promise<ApiKeyRecord | undefined> {
    const known = await this.#findAdopted(key);
    if (known !== undefined) return known;
    const worth = await this.options.apiKeys.legacy?.verify(key);
    return worth && this.#adopt(key, worth);
  }

  async #findAdopted(key: string): Promise<ApiKeyRecord | undefined> {
    for (const hash of this.#hasher.digestsOf(key)) {
      const record = await this.options.stores.apiKeys.findByHash(hash);
      if (record !== undefined) return record;
    }
    return undefined;
  }

  async #adopt(key: string, worth: LegacyKey): Promise<ApiKeyRecord | undefined> {
    const record = recordOf(worth, {
      id: newKeyId(),
      hash: this.#hasher.hash(key),
      now: this.options.now(),
      defaultLifetimeSeconds: this.options.apiKeys.lifetimeSeconds,
    });
    try {
      await this.options.stores.apiKeys.insert(record);
    } catch (error) {
      // Another instance was faster: then it is there now.
      const theirs = await this.#findAdopted(key);
      if (theirs === undefined) throw error;
      return theirs;
    }
    this.events.emit(API_KEY_CREATED, { ...keyFactsOf(record), actor: 'legacy' });
    return record;
  }
}
