import type { Listed, PagePosition } from '../../page-cursor.js';
import {
  type CountedRefresh,
  type EndedSessions,
  endedSessions,
  type LoginProof,
  type SessionOwner,
  type SessionQuery,
  type SessionRecord,
  type SessionSelection,
  type SessionStore,
  type SessionUse,
  type UpstreamLogin,
  type UpstreamSelection,
} from '../../sessions/session.store.js';
import { forgetFirst } from './forget-first.js';
import { frozenCopyOf } from './frozen-copy.js';
import { compareTexts, SortedEntries } from './sorted-entries.js';

/** Sessions that are ended in one call. */
const ENDED_AT_ONCE = 1_000;

type Ending = Pick<SessionRecord, 'idleExpiresAt' | 'id'>;
type LastUse = Pick<SessionRecord, 'lastUsedAt' | 'id'>;

/** A session whose end asks for something that is not done. */
interface Unsettled {
  readonly endedAt: number;
  readonly id: string;
}

/** Sessions of one process; gone when it ends. */
export class MemorySessionStore implements SessionStore {
  readonly #records = new Map<string, SessionRecord>();
  /** By their users; and those that have not ended, by what else they are ended by. */
  readonly #idsBy = new Map<string, Set<string>>();
  readonly #unsettled = new Map<string, Unsettled>();
  readonly #unsettledByEnd = new SortedEntries<Unsettled, Unsettled>(
    (one, other) => one.endedAt - other.endedAt || compareTexts(one.id, other.id),
  );
  /** Those that have an address. */
  readonly #byLastUse = new SortedEntries<LastUse, SessionRecord>(
    (one, other) => one.lastUsedAt - other.lastUsedAt || compareTexts(one.id, other.id),
  );
  readonly #byEnd = new SortedEntries<Ending, Ending>(
    (one, other) => one.idleExpiresAt - other.idleExpiresAt || compareTexts(one.id, other.id),
  );

  async insert(session: SessionRecord): Promise<void> {
    if (this.#records.has(session.id))
      throw new Error(`There is a session with the id ${session.id} already`);
    this.#keep(frozenCopyOf(session));
  }

  async find(id: string): Promise<SessionRecord | undefined> {
    return this.#records.get(id);
  }

  async list({ liveAt, after, limit, ...user }: SessionQuery): Promise<Listed<SessionRecord, PagePosition>> {
    return [...this.#of(userOf(user))]
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

  async end(which: SessionSelection, at: number, reason: string): Promise<EndedSessions> {
    const wanted: SessionRecord[] = [];
    for (const record of this.#candidates(which)) {
      if (wanted.length === ENDED_AT_ONCE) break;
      if (record.endedAt === null && isSelected(which, record)) wanted.push(record);
    }
    const ended = wanted.map((record) => {
      const { id } = record;
      const unsettled = { endedAt: at, id };
      this.#unsettled.set(id, unsettled);
      this.#unsettledByEnd.add(unsettled);
      return this.#change(record, { endedAt: at, endedReason: reason });
    });
    return endedSessions(ended, ended.length < ENDED_AT_ONCE);
  }

  async endedSince(user: SessionOwner, time: number): Promise<readonly string[]> {
    return [...this.#of(userOf(user))]
      .filter(({ endedAt }) => endedAt !== null && endedAt > time)
      .map(({ id }) => id);
  }

  async unsettled(endedBy: number, limit: number): Promise<readonly SessionRecord[]> {
    const found: SessionRecord[] = [];
    for (const { endedAt, id } of this.#unsettledByEnd.upwards()) {
      if (endedAt > endedBy || found.length >= limit) break;
      found.push(this.#records.get(id) as SessionRecord);
    }
    return found;
  }

  async settle(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#settle(id);
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    const isOver = ({ idleExpiresAt }: Ending) => idleExpiresAt <= time;
    await forgetFirst(this.#byEnd, isOver, ({ id }) => this.#forget(id));
  }

  async forgetAddressesBefore(time: number): Promise<void> {
    const isDue = ({ lastUsedAt }: LastUse) => lastUsedAt <= time;
    await forgetFirst(this.#byLastUse, isDue, (record) => this.#change(record, { lastUsedFrom: null }));
  }

  #candidates(which: SessionSelection): Iterable<SessionRecord> {
    if (!('id' in which)) return this.#of(nameOf(which));
    const record = this.#records.get(which.id);
    return record === undefined ? [] : [record];
  }

  *#of(name: string): Iterable<SessionRecord> {
    for (const id of this.#idsBy.get(name) ?? []) yield this.#records.get(id) as SessionRecord;
  }

  #keep(record: SessionRecord): void {
    const before = this.#records.get(record.id);
    if (before !== undefined) this.#takeOut(before);
    this.#records.set(record.id, record);
    this.#byEnd.add(record);
    if (record.lastUsedFrom !== null) this.#byLastUse.add(record);
    if (before === undefined) this.#index(record);
    else if (before.endedAt === null && record.endedAt !== null)
      this.#removeFromIndex(record.id, otherNamesOf(record));
  }

  #takeOut(record: SessionRecord): void {
    this.#byEnd.remove(record);
    this.#byLastUse.remove(record);
  }

  #index(record: SessionRecord): void {
    const others = record.endedAt === null ? otherNamesOf(record) : [];
    for (const name of [userOf(record), ...others])
      this.#idsBy.set(name, (this.#idsBy.get(name) ?? new Set()).add(record.id));
  }

  #removeFromIndex(id: string, names: readonly string[]): void {
    for (const name of names) {
      const ids = this.#idsBy.get(name);
      ids?.delete(id);
      if (ids?.size === 0) this.#idsBy.delete(name);
    }
  }

  #change(record: SessionRecord, changes: Partial<SessionRecord>): SessionRecord {
    const changed = Object.freeze({ ...record, ...changes });
    this.#keep(changed);
    return changed;
  }

  #forget(id: string): void {
    const record = this.#records.get(id) as SessionRecord;
    this.#records.delete(id);
    this.#settle(id);
    this.#takeOut(record);
    this.#removeFromIndex(id, [userOf(record), ...otherNamesOf(record)]);
  }

  #settle(id: string): void {
    const unsettled = this.#unsettled.get(id);
    if (unsettled === undefined) return;
    this.#unsettled.delete(id);
    this.#unsettledByEnd.remove(unsettled);
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

function isSelected(which: SessionSelection, record: SessionRecord): boolean {
  if ('id' in which) return true;
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

/** Where the sessions that a selection is about are found, among others. */
function nameOf(which: Exclude<SessionSelection, { readonly id: string }>): string {
  if ('upstream' in which) return upstreamOf(which.upstream);
  return 'subject' in which ? userOf(which) : clientOf(which);
}

function otherNamesOf({ upstream, ...record }: SessionRecord): string[] {
  const names = [clientOf(record)];
  if (upstream === null) return names;
  const { iss, sub, sid } = upstream;
  names.push(upstreamOf({ iss, sub }));
  return sid === undefined ? names : [...names, upstreamOf({ iss, sid })];
}

function userOf({ issuer, subject }: { readonly issuer: string; readonly subject: string }): string {
  return JSON.stringify(['user', issuer, subject]);
}

function clientOf({ issuer, clientId }: { readonly issuer: string; readonly clientId: string }): string {
  return JSON.stringify(['client', issuer, clientId]);
}

function upstreamOf(upstream: UpstreamSelection): string {
  return 'sub' in upstream
    ? JSON.stringify(['sub', upstream.iss, upstream.sub])
    : JSON.stringify(['sid', upstream.iss, upstream.sid]);
}

function newestFirst(one: PagePosition, other: PagePosition): number {
  return other.createdAt - one.createdAt || compareTexts(other.id, one.id);
}
