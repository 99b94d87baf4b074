import {
  type ApiKeyQuery,
  type ApiKeyRecord,
  type ApiKeySelection,
  type ApiKeyStore,
  type ApiKeysOfHolder,
  type ApiKeyUse,
  stateOf,
} from '../../api-keys/api-key.store.js';

/** API keys of one process; gone when it ends. */
export class MemoryApiKeyStore implements ApiKeyStore {
  readonly #records = new Map<string, ApiKeyRecord>();
  readonly #idsByHash = new Map<string, string>();

  async insert(record: ApiKeyRecord): Promise<void> {
    this.#insert(record);
  }

  async findById(id: string): Promise<ApiKeyRecord | undefined> {
    return this.#records.get(id);
  }

  async findByHash(hash: string): Promise<ApiKeyRecord | undefined> {
    const id = this.#idsByHash.get(hash);
    return id === undefined ? undefined : this.#records.get(id);
  }

  async list({ state, after, limit, ...wanted }: ApiKeyQuery): Promise<readonly ApiKeyRecord[]> {
    const given = Object.entries(wanted).filter(([, value]) => value !== undefined);
    return [...this.#records.values()]
      .filter((record) => given.every(([name, value]) => Reflect.get(record, name) === value))
      .filter((record) => state === undefined || stateOf(record, state.at) === state.is)
      .filter((record) => after === undefined || newestFirst(after, record) < 0)
      .sort(newestFirst)
      .slice(0, limit);
  }

  async revoke(
    selection: ApiKeySelection,
    at: number,
    reason: string | null,
  ): Promise<readonly ApiKeyRecord[]> {
    return this.#select(selection)
      .filter(({ revokedAt }) => revokedAt === null)
      .map((record) => this.#change(record, { revokedAt: at, revokedReason: reason }));
  }

  async setDisabled(id: string, at: number | null): Promise<ApiKeyRecord | undefined> {
    const record = this.#records.get(id);
    if (record === undefined || record.revokedAt !== null) return undefined;
    return (record.disabledAt === null) === (at === null)
      ? undefined
      : this.#change(record, { disabledAt: at });
  }

  async replace(id: string, successor: ApiKeyRecord, at: number, expiresAt: number): Promise<boolean> {
    const record = this.#records.get(id);
    if (record === undefined || record.replacedBy !== null) return false;
    if (!['active', 'pending'].includes(stateOf(record, at))) return false;
    this.#insert(successor);
    this.#change(record, {
      replacedBy: successor.id,
      expiresAt: Math.min(record.expiresAt ?? Number.POSITIVE_INFINITY, expiresAt),
    });
    return true;
  }

  async rehash(id: string, from: string, to: string): Promise<void> {
    const record = this.#records.get(id);
    if (record?.hash !== from) return;
    if ((this.#idsByHash.get(to) ?? id) !== id) throw new Error(`The new hash of key ${id} is another key's`);
    this.#idsByHash.delete(from);
    this.#idsByHash.set(to, id);
    this.#change(record, { hash: to });
  }

  async recordUses(uses: readonly ApiKeyUse[]): Promise<void> {
    for (const { id, at, from } of uses) {
      const record = this.#records.get(id);
      if (record === undefined || at <= (record.lastUsedAt ?? Number.NEGATIVE_INFINITY)) continue;
      this.#change(record, { lastUsedAt: at, lastUsedFrom: from });
    }
  }

  #insert(record: ApiKeyRecord): void {
    if (this.#records.has(record.id) || this.#idsByHash.has(record.hash)) {
      throw new Error(`There is a key with the id ${record.id} or its hash already`);
    }
    this.#records.set(record.id, frozenCopyOf(record));
    this.#idsByHash.set(record.hash, record.id);
  }

  #select(selection: ApiKeySelection): ApiKeyRecord[] {
    if ('id' in selection) return [this.#records.get(selection.id)].filter((record) => record !== undefined);
    return [...this.#records.values()].filter((record) => isHeldBy(selection, record));
  }

  #change(record: ApiKeyRecord, changes: Partial<ApiKeyRecord>): ApiKeyRecord {
    const changed = Object.freeze({ ...record, ...changes });
    this.#records.set(record.id, changed);
    return changed;
  }
}

function isHeldBy(holder: ApiKeysOfHolder, record: ApiKeyRecord): boolean {
  if ('tenant' in holder && (holder.tenant === undefined || record.tenant !== holder.tenant)) return false;
  if ('appId' in holder) return 'appId' in record && record.appId === holder.appId;
  return 'subject' in record && record.subject === holder.subject && record.issuer === holder.issuer;
}

function newestFirst(
  one: Pick<ApiKeyRecord, 'createdAt' | 'id'>,
  other: Pick<ApiKeyRecord, 'createdAt' | 'id'>,
): number {
  if (one.createdAt !== other.createdAt) return other.createdAt - one.createdAt;
  if (one.id === other.id) return 0;
  return one.id > other.id ? -1 : 1;
}

/** Frozen through and through, so that it may be handed out as it is. */
function frozenCopyOf<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  const copy = Array.isArray(value)
    ? value.map(frozenCopyOf)
    : Object.fromEntries(Object.entries(value).map(([name, part]) => [name, frozenCopyOf(part)]));
  return Object.freeze(copy) as T;
}
