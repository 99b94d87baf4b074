import type { Listed, PagePosition } from '../../page-cursor.js';
import type {
  CountedRefresh,
  LoginProof,
  SessionQuery,
  SessionRecord,
  SessionSelection,
  SessionStore,
  SessionUse,
  UpstreamLogin,
  UpstreamSelection,
} from '../../sessions/session.store.js';
import { forgetFirst } from './forget-first.js';
import { frozenCopyOf } from './frozen-copy.js';
import { compareTexts, SortedEntries } from './sorted-entries.js';

/** Sessions that are ended in one call. */
const ENDED_AT_ONCE = 1_000;

interface Ending {
  readonly idleExpiresAt: number;
  readonly id: string;
}

/** Sessions of one process; gone when it ends. */
export class MemorySessionStore implements SessionStore {
  readonly #records = new Map<string, SessionRecord>();
  readonly #idsByUser = new Map<string, Set<string>>();
  /** In the order in which they have ended. */
  readonly #unsettled = new Set<string>();
  /** None of the addresses is older; so that all of them are looked at only when one is due. */
  #oldestAddressAt = Number.POSITIVE_INFINITY;
  readonly #byEnd = new SortedEntries<Ending, Ending>(
    (one, other) => one.idleExpiresAt - other.idleExpiresAt || compareTexts(one.id, other.id),
  );

  async insert(session: SessionRecord): Promise<void> {
    if (this.#records.has(session.id))
      throw new Error(`There is a session with the id ${session.id} already`);
    this.#keep(frozenCopyOf(session));
    const ids = this.#idsByUser.get(userOf(session)) ?? new Set();
    this.#idsByUser.set(userOf(session), ids.add(session.id));
  }

  async find(id: string): Promise<SessionRecord | undefined> {
    return this.#records.get(id);
  }

  async list({ liveAt, after, limit, ...user }: SessionQuery): Promise<Listed<SessionRecord, PagePosition>> {
    return this.#of(user)
      .filter((record) => liveAt === undefined || isLive(record, liveAt))
      .filter((record) => after === undefined || newestFirst(after, record) < 0)
      .sort(newestFirst)
      .slice(0, limit);
  }

  async rotate(
    id: string,
    generation: number,
    { from, idleExpiresAt, ...refresh }: SessionUse,
  ): Promise<SessionRecord | undefined> {
    const { at } = refresh;
    const record = this.#records.get(id);
    if (record === undefined || record.generation !== generation || !isLive(record, at)) return undefined;
    const counted = counting(record, refresh);
    return (
      counted &&
      this.#change(record, {
        ...counted,
        generation: generation + 1,
        rotatedAt: at,
        lastUsedAt: at,
        lastUsedFrom: from,
        idleExpiresAt: Math.min(idleExpiresAt, record.expiresAt),
      })
    );
  }

  async countRefresh(id: string, refresh: CountedRefresh): Promise<SessionRecord | undefined> {
    const record = this.#records.get(id);
    const counted = record && isLive(record, refresh.at) ? counting(record, refresh) : undefined;
    return record && counted && this.#change(record, counted);
  }

  async raise(id: string, raised: LoginProof): Promise<boolean> {
    const record = this.#records.get(id);
    if (record === undefined || !isLive(record, raised.authTime)) return false;
    this.#change(record, { raised: frozenCopyOf(raised) });
    return true;
  }

  async end(which: SessionSelection, at: number, reason: string): Promise<readonly SessionRecord[]> {
    return this.#selected(which)
      .filter(({ endedAt }) => endedAt === null)
      .slice(0, ENDED_AT_ONCE)
      .map((record) => {
        this.#unsettled.add(record.id);
        return this.#change(record, { endedAt: at, endedReason: reason });
      });
  }

  async unsettled(endedBy: number, limit: number): Promise<readonly SessionRecord[]> {
    return [...this.#unsettled]
      .map((id) => this.#records.get(id) as SessionRecord)
      .filter(({ endedAt }) => endedAt !== null && endedAt <= endedBy)
      .sort((one, other) => Number(one.endedAt) - Number(other.endedAt))
      .slice(0, limit);
  }

  async settle(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#unsettled.delete(id);
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    const isOver = ({ idleExpiresAt }: Ending) => idleExpiresAt <= time;
    await forgetFirst(this.#byEnd, isOver, ({ id }) => this.#forget(id));
  }

  async forgetAddressesBefore(time: number): Promise<void> {
    if (time < this.#oldestAddressAt) return;
    let oldest = Number.POSITIVE_INFINITY;
    for (const record of [...this.#records.values()].filter(({ lastUsedFrom }) => lastUsedFrom !== null)) {
      if (record.lastUsedAt <= time) this.#change(record, { lastUsedFrom: null });
      else oldest = Math.min(oldest, record.lastUsedAt);
    }
    this.#oldestAddressAt = oldest;
  }

  #selected(which: SessionSelection): SessionRecord[] {
    if ('id' in which) {
      const record = this.#records.get(which.id);
      return record === undefined ? [] : [record];
    }
    const candidates = 'subject' in which ? this.#of(which) : [...this.#records.values()];
    return candidates.filter((record) => isSelected(which, record));
  }

  #of(user: { readonly issuer: string; readonly subject: string }): SessionRecord[] {
    const ids = [...(this.#idsByUser.get(userOf(user)) ?? [])];
    return ids.map((id) => this.#records.get(id)).filter((record) => record !== undefined);
  }

  #keep(record: SessionRecord): void {
    const before = this.#records.get(record.id);
    if (before !== undefined) this.#byEnd.remove(before);
    this.#records.set(record.id, record);
    if (record.lastUsedFrom !== null)
      this.#oldestAddressAt = Math.min(this.#oldestAddressAt, record.lastUsedAt);
    this.#byEnd.add(record);
  }

  #change(record: SessionRecord, changes: Partial<SessionRecord>): SessionRecord {
    const changed = Object.freeze({ ...record, ...changes });
    this.#keep(changed);
    return changed;
  }

  #forget(id: string): void {
    const record = this.#records.get(id) as SessionRecord;
    this.#records.delete(id);
    this.#unsettled.delete(id);
    this.#byEnd.remove(record);
    const ids = this.#idsByUser.get(userOf(record));
    ids?.delete(id);
    if (ids?.size === 0) this.#idsByUser.delete(userOf(record));
  }
}

function isLive({ endedAt, idleExpiresAt }: SessionRecord, at: number): boolean {
  return endedAt === null && idleExpiresAt > at;
}

/** Undefined where it was refreshed too often. */
function counting(
  { refreshes, refreshesSince }: SessionRecord,
  { at, limit }: CountedRefresh,
): Pick<SessionRecord, 'refreshes' | 'refreshesSince'> | undefined {
  const isOver = Math.abs(at - refreshesSince) >= limit.windowSeconds * 1000;
  if (isOver) return { refreshes: 1, refreshesSince: at };
  return refreshes < limit.requests ? { refreshes: refreshes + 1, refreshesSince } : undefined;
}

function isSelected(
  which: Exclude<SessionSelection, { readonly id: string }>,
  record: SessionRecord,
): boolean {
  if (which.begunBy !== undefined && record.createdAt > which.begunBy) return false;
  if ('upstream' in which) {
    return (
      record.id !== which.except && record.upstream !== null && isSameLogin(which.upstream, record.upstream)
    );
  }
  if ('clientId' in which) return record.issuer === which.issuer && record.clientId === which.clientId;
  return record.id !== which.except;
}

function isSameLogin(wanted: UpstreamSelection, { iss, sub, sid }: UpstreamLogin): boolean {
  if (wanted.iss !== iss) return false;
  if (!('sub' in wanted)) return wanted.sid !== undefined && wanted.sid === sid;
  return wanted.sub === sub && (wanted.sid === undefined || wanted.sid === sid);
}

function userOf({ issuer, subject }: { readonly issuer: string; readonly subject: string }): string {
  return JSON.stringify([issuer, subject]);
}

function newestFirst(one: PagePosition, other: PagePosition): number {
  return other.createdAt - one.createdAt || compareTexts(other.id, one.id);
}
