import type { ApiKeyInfo, ApiKeyRecord } from './api-key.store.js';
import type { ApiKeySettings } from './api-key-settings.js';
import type { ApiKeyVerifier } from './api-key-verifier.js';
import { type NewApiKey, recordOf } from './new-api-key.js';

export type CreatedApiKey = ApiKeyInfo & {
  /** The key itself. It is shown here, once; only its hash is kept. */
  readonly key: string;
};

/** Makes keys; whoever asks keeps them. */
export class ApiKeyMaking {
  constructor(
    private readonly options: ApiKeySettings,
    private readonly verifier: ApiKeyVerifier,
  ) {}

  make(newKey: NewApiKey): { key: string; record: ApiKeyRecord } {
    const { id, key } = this.verifier.format.create();
    const record = recordOf(newKey, {
      id,
      hash: this.verifier.hasher.hash(key),
      now: this.options.now(),
      defaultLifetimeSeconds: this.options.apiKeys.lifetimeSeconds,
    });
    return { key, record };
  }
}
