import type { ApiKeyRecord, ApiKeyStore } from '../../api-keys/api-key.store.js';

/** API keys of one process; gone when it ends. */
export class MemoryApiKeyStore implements ApiKeyStore {
  readonly #records = new Map<string, ApiKeyRecord>();

  async insert(record: ApiKeyRecord): Promise<void> {
    this.#records.set(record.id, record);
  }

  async findById(id: string): Promise<ApiKeyRecord | undefined> {
    return this.#records.get(id);
  }

  async list(): Promise<readonly ApiKeyRecord[]> {
    return [...this.#records.values()].reverse();
  }

  async revoke(id: string, revokedAt: number): Promise<boolean> {
    const record = this.#records.get(id);
    if (record === undefined || record.revokedAt !== null) return false;
    this.#records.set(id, { ...record, revokedAt });
    return true;
  }
}
