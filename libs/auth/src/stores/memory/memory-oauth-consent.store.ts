import type {
  OAuthConsentKey,
  OAuthConsentQuery,
  OAuthConsentRecord,
  OAuthConsentSelection,
  OAuthConsentStore,
} from '../../oauth/oauth-consent.store.js';
import { forgetFirst } from './forget-first.js';
import { frozenCopyOf } from './frozen-copy.js';
import { compareTexts, SortedEntries } from './sorted-entries.js';

/** Consents that are withdrawn in one call. */
const WITHDRAWN_AT_ONCE = 1_000;

/** What users of one process have agreed to; gone when it ends. */
export class MemoryOAuthConsentStore implements OAuthConsentStore {
  readonly #consents = new SortedEntries<OAuthConsentKey, OAuthConsentRecord>(compareKeys);
  readonly #byKey = new Map<string, OAuthConsentRecord>();
  readonly #byEnd = new SortedEntries<OAuthConsentRecord, OAuthConsentRecord>(
    (one, other) => (one.expiresAt ?? 0) - (other.expiresAt ?? 0) || compareKeys(one, other),
  );

  async keep(consent: OAuthConsentRecord): Promise<void> {
    const before = this.#byKey.get(textOf(consent));
    if (before !== undefined) this.#take(before);
    const kept = frozenCopyOf({ ...consent, createdAt: before?.createdAt ?? consent.createdAt });
    this.#byKey.set(textOf(kept), kept);
    this.#consents.add(kept);
    if (kept.expiresAt !== null) this.#byEnd.add(kept);
  }

  async find(key: OAuthConsentKey): Promise<OAuthConsentRecord | undefined> {
    return this.#byKey.get(textOf(key));
  }

  async list({ issuer, subject, after, limit }: OAuthConsentQuery): Promise<readonly OAuthConsentRecord[]> {
    const found: OAuthConsentRecord[] = [];
    for (const consent of this.#consents.upwards({ issuer, subject, clientId: after ?? '' })) {
      if (found.length >= limit || consent.issuer !== issuer || consent.subject !== subject) break;
      found.push(consent);
    }
    return found;
  }

  async withdraw(which: OAuthConsentSelection): Promise<readonly OAuthConsentKey[]> {
    const isWanted = (consent: OAuthConsentRecord) =>
      consent.issuer === which.issuer &&
      (!('subject' in which) || consent.subject === which.subject) &&
      (!('clientId' in which) || consent.clientId === which.clientId);
    const wanted = this.#consents.first({ limit: WITHDRAWN_AT_ONCE }, isWanted);
    for (const consent of wanted) this.#take(consent);
    return wanted.map(keyOf);
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    const isOver = ({ expiresAt }: OAuthConsentRecord) => (expiresAt ?? 0) <= time;
    await forgetFirst(this.#byEnd, isOver, (consent) => this.#take(consent));
  }

  #take(consent: OAuthConsentRecord): void {
    this.#byKey.delete(textOf(consent));
    this.#consents.remove(consent);
    if (consent.expiresAt !== null) this.#byEnd.remove(consent);
  }
}

function keyOf({ issuer, subject, clientId }: OAuthConsentKey): OAuthConsentKey {
  return { issuer, subject, clientId };
}

function textOf({ issuer, subject, clientId }: OAuthConsentKey): string {
  return JSON.stringify([issuer, subject, clientId]);
}

function compareKeys(one: OAuthConsentKey, other: OAuthConsentKey): number {
  return (
    compareTexts(one.issuer, other.issuer) ||
    compareTexts(one.subject, other.subject) ||
    compareTexts(one.clientId, other.clientId)
  );
}
