import type {
  EndedOAuthArtifacts,
  OAuthArtifact,
  OAuthArtifactKey,
  OAuthArtifactRecord,
  OAuthArtifactSelection,
  OAuthArtifactStore,
} from '../../oauth/oauth-artifact.store.js';
import { forgetFirst } from './forget-first.js';
import { frozenCopyOf } from './frozen-copy.js';
import { compareTexts, SortedEntries } from './sorted-entries.js';

/** Artifacts that are ended in one call. */
const ENDED_AT_ONCE = 1_000;
/** Grants that are named in one call. */
const GRANTS_AT_ONCE = 1_000;

/** An artifact under its key. */
interface Kept {
  readonly key: string;
  readonly record: OAuthArtifactRecord;
  readonly hasEnded: boolean;
}

/** What the authorization server of one process has given out; gone when it ends. */
export class MemoryOAuthArtifactStore implements OAuthArtifactStore {
  readonly #kept = new Map<string, Kept>();
  /** Keys of what goes on, by what else it is found by. */
  readonly #keysBy = new Map<string, Set<string>>();
  readonly #byEnd = new SortedEntries<Kept, Kept>(
    (one, other) => one.record.expiresAt - other.record.expiresAt || compareTexts(one.key, other.key),
  );

  async upsert(artifact: OAuthArtifact): Promise<boolean> {
    const key = keyOf(artifact);
    const before = this.#kept.get(key);
    if (before?.hasEnded) return false;
    const { userCodeHash } = artifact;
    const taken = userCodeHash === null ? undefined : this.#find('userCode', artifact.model, userCodeHash);
    if (taken !== undefined && taken.key !== key)
      throw new Error('There is an artifact with this user code already');
    const { createdAt = artifact.createdAt, consumedAt = null } = before?.record ?? {};
    this.#replace(before, {
      key,
      record: frozenCopyOf({ ...artifact, createdAt, consumedAt }),
      hasEnded: false,
    });
    return true;
  }

  async find(key: OAuthArtifactKey): Promise<OAuthArtifactRecord | undefined> {
    return this.#goingOn(key)?.record;
  }

  async findByUid(model: string, uidHash: string): Promise<OAuthArtifactRecord | undefined> {
    return this.#find('uid', model, uidHash)?.record;
  }

  async findByUserCode(model: string, userCodeHash: string): Promise<OAuthArtifactRecord | undefined> {
    return this.#find('userCode', model, userCodeHash)?.record;
  }

  async consume(key: OAuthArtifactKey, at: number): Promise<boolean> {
    const kept = this.#goingOn(key);
    if (kept === undefined || kept.record.consumedAt !== null || kept.record.expiresAt <= at) return false;
    this.#replace(kept, { ...kept, record: Object.freeze({ ...kept.record, consumedAt: at }) });
    return true;
  }

  async end(key: OAuthArtifactKey): Promise<boolean> {
    const kept = this.#goingOn(key);
    if (kept !== undefined) this.#end(kept);
    return kept !== undefined;
  }

  async grantsOf(which: OAuthArtifactSelection): Promise<readonly string[]> {
    const grantIds = new Set<string>();
    for (const { record } of this.#selected(which)) {
      if (grantIds.size === GRANTS_AT_ONCE) break;
      if (record.grantId !== null) grantIds.add(record.grantId);
    }
    return [...grantIds];
  }

  async revoke(which: OAuthArtifactSelection): Promise<EndedOAuthArtifacts> {
    const ended: Kept[] = [];
    for (const kept of this.#selected(which)) {
      if (ended.length === ENDED_AT_ONCE) break;
      ended.push(kept);
    }
    for (const kept of ended) this.#end(kept);
    const grantIds = ended.map(({ record }) => record.grantId).filter((id) => id !== null);
    return { count: ended.length, grantIds: [...new Set(grantIds)] };
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    const isOver = ({ record }: Kept) => record.expiresAt <= time;
    await forgetFirst(this.#byEnd, isOver, (kept) => this.#take(kept));
  }

  #goingOn(key: OAuthArtifactKey): Kept | undefined {
    const kept = this.#kept.get(keyOf(key));
    return kept?.hasEnded ? undefined : kept;
  }

  #find(by: string, model: string, hash: string): Kept | undefined {
    const [newest] = [...this.#all(nameOf(by, model, hash))].sort(
      (one, other) => other.record.createdAt - one.record.createdAt,
    );
    return newest;
  }

  *#selected(which: OAuthArtifactSelection): Iterable<Kept> {
    for (const kept of this.#all(nameOfSelection(which))) if (isSelected(which, kept)) yield kept;
  }

  *#all(name: string): Iterable<Kept> {
    for (const key of this.#keysBy.get(name) ?? []) yield this.#kept.get(key) as Kept;
  }

  /** What was known of it is not needed any more, only that it has ended. */
  #end(kept: Kept): void {
    const nothing = { payload: '', uidHash: null, userCodeHash: null };
    this.#replace(kept, { ...kept, record: Object.freeze({ ...kept.record, ...nothing }), hasEnded: true });
  }

  #replace(before: Kept | undefined, kept: Kept): void {
    if (before !== undefined) this.#take(before);
    this.#kept.set(kept.key, kept);
    this.#byEnd.add(kept);
    if (kept.hasEnded) return;
    for (const name of namesOf(kept.record)) {
      const keys = this.#keysBy.get(name) ?? new Set();
      this.#keysBy.set(name, keys.add(kept.key));
    }
  }

  #take(kept: Kept): void {
    this.#kept.delete(kept.key);
    this.#byEnd.remove(kept);
    for (const name of namesOf(kept.record)) {
      const keys = this.#keysBy.get(name);
      keys?.delete(kept.key);
      if (keys?.size === 0) this.#keysBy.delete(name);
    }
  }
}

function keyOf({ model, idHash }: OAuthArtifactKey): string {
  return JSON.stringify([model, idHash]);
}

function nameOfSelection(which: OAuthArtifactSelection): string {
  const { issuer } = which;
  if ('grantId' in which) return nameOf('grant', issuer, which.grantId);
  if ('sessionId' in which) return nameOf('session', issuer, which.sessionId);
  return 'subject' in which
    ? nameOf('user', issuer, which.subject)
    : nameOf('client', issuer, which.clientId);
}

function isSelected(which: OAuthArtifactSelection, { record }: Kept): boolean {
  if ('grantId' in which || 'sessionId' in which) return true;
  const { madeBy = Number.POSITIVE_INFINITY } = which;
  return record.createdAt <= madeBy && (!('clientId' in which) || record.clientId === which.clientId);
}

function namesOf(record: OAuthArtifactRecord): string[] {
  const { model, issuer, uidHash, userCodeHash, grantId, sessionId, clientId, subject } = record;
  return [
    uidHash !== null && nameOf('uid', model, uidHash),
    userCodeHash !== null && nameOf('userCode', model, userCodeHash),
    grantId !== null && nameOf('grant', issuer, grantId),
    sessionId !== null && nameOf('session', issuer, sessionId),
    clientId !== null && nameOf('client', issuer, clientId),
    subject !== null && nameOf('user', issuer, subject),
  ].filter((name) => name !== false);
}

function nameOf(by: string, within: string, value: string | undefined): string {
  return JSON.stringify([by, within, value]);
}
