import { AUDIT_NAMES, type AuditEntry, type AuditQuery, type AuditStore } from '../../audit/audit.store.js';

/** About 20 MB. */
const KEPT = 20_000;

/** The audit log of one process: its last 20,000 entries, gone when it ends. */
export class MemoryAuditStore implements AuditStore {
  readonly #entries = new Map<string, AuditEntry>();

  async append(entries: readonly AuditEntry[]): Promise<void> {
    for (const entry of entries) {
      if (!this.#entries.has(entry.id)) this.#entries.set(entry.id, copyOf(entry));
    }
    for (const id of this.#entries.keys()) {
      if (this.#entries.size <= KEPT) break;
      this.#entries.delete(id);
    }
  }

  async list({ types, since, until, after, limit, ...names }: AuditQuery): Promise<readonly AuditEntry[]> {
    return [...this.#entries.values()]
      .filter(
        (entry) =>
          (types === undefined || types.includes(entry.type)) &&
          (since === undefined || entry.at >= since) &&
          (until === undefined || entry.at < until) &&
          (after === undefined || newestFirst(after, entry) < 0) &&
          AUDIT_NAMES.every((name) => names[name] === undefined || names[name] === entry[name]),
      )
      .sort(newestFirst)
      .slice(0, limit)
      .map(copyOf);
  }

  async prune(before: number): Promise<number> {
    const old = [...this.#entries.values()].filter(({ at }) => at < before);
    for (const { id } of old) this.#entries.delete(id);
    return old.length;
  }
}

function newestFirst(one: Pick<AuditEntry, 'at' | 'id'>, other: Pick<AuditEntry, 'at' | 'id'>): number {
  if (one.at !== other.at) return other.at - one.at;
  if (one.id === other.id) return 0;
  return one.id > other.id ? -1 : 1;
}

function copyOf(entry: AuditEntry): AuditEntry {
  return { ...entry, facts: JSON.parse(JSON.stringify(entry.facts)) };
}
