import type { ApiKeyRecord, ApiKeyStore } from '../../api-keys/api-key.store.js';

/** API keys of one process; gone when it ends. */
export class MemoryApiKeyStore implements ApiKeyStore {
  readonly #records = new Map<string, ApiKeyRecord>();

  async insert(record: ApiKeyRecord): Promise<void> {
    this.#records.set(record.id, copyOf(record));
  }

  async findById(id: string): Promise<ApiKeyRecord | undefined> {
    const record = this.#records.get(id);
    return record && copyOf(record);
  }

  async list(): Promise<readonly ApiKeyRecord[]> {
    return [...this.#records.values()].map(copyOf).sort((one, other) => other.createdAt - one.createdAt);
  }

  async revoke(id: string, revokedAt: number): Promise<boolean> {
    const record = this.#records.get(id);
    if (record === undefined || record.revokedAt !== null) return false;
    this.#records.set(id, { ...record, revokedAt });
    return true;
  }
}

function copyOf(record: ApiKeyRecord): ApiKeyRecord {
  return { ...record, scopes: [...record.scopes] };
}
