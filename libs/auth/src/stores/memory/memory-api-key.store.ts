import {
  type ApiKeyHolder,
  type ApiKeyQuery,
  type ApiKeyRecord,
  type ApiKeySelection,
  type ApiKeyStore,
  type ApiKeysOfHolder,
  type ApiKeyUse,
  stateOf,
} from '../../api-keys/api-key.store.js';
import { type Listed, listed, type PagePosition } from '../../page-cursor.js';
import { frozenCopyOf } from './frozen-copy.js';
import { compareTexts, SortedEntries } from './sorted-entries.js';

/** Keys of a holder that are revoked in one call. */
const REVOKED_AT_ONCE = 1_000;
/** Holders with more keys than that are not listed by themselves. */
const MOST_SORTED = 10_000;

/** API keys of one process; gone when it ends. */
export class MemoryApiKeyStore implements ApiKeyStore {
  readonly #records = new Map<string, ApiKeyRecord>();
  readonly #idsByHash = new Map<string, string>();
  /** By their times, which never change. */
  readonly #byTime = new SortedEntries<PagePosition, PagePosition>(oldestFirst);
  readonly #idsByHolder = new Map<string, Set<string>>();
  /** The same without those that are revoked. */
  readonly #inForceByHolder = new Map<string, Set<string>>();

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

  async list({ state, after, limit, ...wanted }: ApiKeyQuery): Promise<Listed<ApiKeyRecord, PagePosition>> {
    const given = Object.entries(wanted).filter(([, value]) => value !== undefined);
    const isWanted = ({ id }: PagePosition) => {
      const record = this.#records.get(id) as ApiKeyRecord;
      return (
        given.every(([name, value]) => Reflect.get(record, name) === value) &&
        (state === undefined || stateOf(record, state.at) === state.is)
      );
    };
    const holder = holderOf(wanted);
    const ids = holder === undefined ? undefined : (this.#idsByHolder.get(holder) ?? new Set());
    if (ids === undefined || ids.size > MOST_SORTED) {
      const found = this.#byTime.last({ after, limit }, isWanted);
      return listed(this.#recordsOf(found), found.stoppedAt);
    }
    return this.#recordsOf([...ids].map((id) => ({ id })))
      .filter((record) => isWanted(record) && (after === undefined || oldestFirst(after, record) > 0))
      .sort((one, other) => oldestFirst(other, one))
      .slice(0, limit);
  }

  async revoke(
    selection: ApiKeySelection,
    at: number,
    reason: string | null,
  ): Promise<readonly ApiKeyRecord[]> {
    return this.#select(selection)
      .filter(({ revokedAt }) => revokedAt === null)
      .map((record) => this.#revoke(record, { revokedAt: at, revokedReason: reason }));
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
    const { id, createdAt } = record;
    this.#records.set(id, frozenCopyOf(record));
    this.#idsByHash.set(record.hash, id);
    this.#byTime.add({ createdAt, id });
    addTo(this.#idsByHolder, nameOf(record), id);
    if (record.revokedAt === null) addTo(this.#inForceByHolder, nameOf(record), id);
  }

  #select(selection: ApiKeySelection): ApiKeyRecord[] {
    if ('id' in selection) return this.#recordsOf([selection]);
    const found: ApiKeyRecord[] = [];
    for (const id of this.#inForceByHolder.get(nameOf(selection)) ?? []) {
      const record = this.#records.get(id);
      if (record !== undefined && isOfTenant(selection, record)) found.push(record);
      if (found.length === REVOKED_AT_ONCE) break;
    }
    return found;
  }

  #recordsOf(keys: readonly { readonly id: string }[]): ApiKeyRecord[] {
    return keys.map(({ id }) => this.#records.get(id)).filter((record) => record !== undefined);
  }

  #revoke(record: ApiKeyRecord, changes: Partial<ApiKeyRecord>): ApiKeyRecord {
    const inForce = this.#inForceByHolder.get(nameOf(record));
    inForce?.delete(record.id);
    if (inForce?.size === 0) this.#inForceByHolder.delete(nameOf(record));
    return this.#change(record, changes);
  }

  #change(record: ApiKeyRecord, changes: Partial<ApiKeyRecord>): ApiKeyRecord {
    const changed = Object.freeze({ ...record, ...changes });
    this.#records.set(record.id, changed);
    return changed;
  }
}

function isOfTenant(selection: ApiKeysOfHolder, { tenant }: ApiKeyRecord): boolean {
  return !('tenant' in selection) || (selection.tenant !== undefined && selection.tenant === tenant);
}

function nameOf(holder: ApiKeyHolder): string {
  return JSON.stringify('appId' in holder ? [holder.appId] : [holder.issuer, holder.subject]);
}

/** Whose keys are wanted; undefined where that is not one holder alone. */
function holderOf({ appId, issuer, subject }: Partial<ApiKeyQuery>): string | undefined {
  if (appId !== undefined) return nameOf({ appId });
  return issuer === undefined || subject === undefined ? undefined : nameOf({ issuer, subject });
}

function addTo(sets: Map<string, Set<string>>, name: string, id: string): void {
  const existing = sets.get(name);
  if (existing === undefined) sets.set(name, new Set([id]));
  else existing.add(id);
}

function oldestFirst(one: PagePosition, other: PagePosition): number {
  return one.createdAt - other.createdAt || compareTexts(one.id, other.id);
}
