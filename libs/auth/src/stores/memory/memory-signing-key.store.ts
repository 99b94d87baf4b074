import type { SigningKeyStore, StoredSigningKey } from '../../tokens/signing-key.store.js';

/** Signing keys of one process; gone when it ends. */
export class MemorySigningKeyStore implements SigningKeyStore {
  #keys: readonly StoredSigningKey[] = [];

  async list(): Promise<readonly StoredSigningKey[]> {
    return this.#keys.map((key) => ({ ...key }));
  }

  async add(key: StoredSigningKey, after: string | null): Promise<boolean> {
    if ((this.#keys.at(-1)?.kid ?? null) !== after) return false;
    this.#keys = [...this.#keys, { ...key }];
    return true;
  }

  async remove(kids: readonly string[]): Promise<void> {
    this.#keys = this.#keys.filter(({ kid }) => !kids.includes(kid));
  }

  async replaceAll(key: StoredSigningKey): Promise<readonly string[]> {
    const forgotten = this.#keys.map(({ kid }) => kid);
    this.#keys = [{ ...key }];
    return forgotten;
  }
}
