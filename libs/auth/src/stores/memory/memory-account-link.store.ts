import type {
  AccountLinkOwner,
  AccountLinkRecord,
  AccountLinkStore,
  UpstreamIdentity,
} from '../../oauth/account-link.store.js';
import { frozenCopyOf } from './frozen-copy.js';
import { compareTexts } from './sorted-entries.js';

/** Links to accounts elsewhere of one process; gone when it ends. */
export class MemoryAccountLinkStore implements AccountLinkStore {
  /** By their providers. */
  readonly #byOwner = new Map<string, Map<string, AccountLinkRecord>>();
  /** Whose they are. */
  readonly #byUpstream = new Map<string, AccountLinkRecord>();

  async insert(link: AccountLinkRecord): Promise<boolean> {
    const links = this.#byOwner.get(ownerOf(link)) ?? new Map();
    const upstream = upstreamOf(link.issuer, link.upstream);
    if (links.has(link.provider) || this.#byUpstream.has(upstream)) return false;
    this.#byOwner.set(ownerOf(link), links);
    this.#keep(frozenCopyOf(link));
    return true;
  }

  async find(issuer: string, upstream: UpstreamIdentity): Promise<AccountLinkRecord | undefined> {
    return this.#byUpstream.get(upstreamOf(issuer, upstream));
  }

  async list(owner: AccountLinkOwner): Promise<readonly AccountLinkRecord[]> {
    return [...(this.#byOwner.get(ownerOf(owner))?.values() ?? [])].sort(
      (one, other) => one.createdAt - other.createdAt || compareTexts(one.provider, other.provider),
    );
  }

  async noteUse(owner: AccountLinkOwner, provider: string, at: number): Promise<void> {
    const link = this.#byOwner.get(ownerOf(owner))?.get(provider);
    if (link !== undefined && at > (link.lastUsedAt ?? Number.NEGATIVE_INFINITY))
      this.#keep(Object.freeze({ ...link, lastUsedAt: at }));
  }

  async remove(
    owner: AccountLinkOwner,
    provider: string,
    keepOneOf: readonly string[],
  ): Promise<AccountLinkRecord | undefined> {
    const links = this.#byOwner.get(ownerOf(owner));
    const link = links?.get(provider);
    if (links === undefined || link === undefined) return undefined;
    const isAnother = (name: string) => name !== provider && keepOneOf.includes(name);
    if (keepOneOf.includes(provider) && ![...links.keys()].some(isAnother)) return undefined;
    links.delete(provider);
    if (links.size === 0) this.#byOwner.delete(ownerOf(owner));
    this.#byUpstream.delete(upstreamOf(link.issuer, link.upstream));
    return link;
  }

  #keep(link: AccountLinkRecord): void {
    this.#byOwner.get(ownerOf(link))?.set(link.provider, link);
    this.#byUpstream.set(upstreamOf(link.issuer, link.upstream), link);
  }
}

function ownerOf({ issuer, subject }: AccountLinkOwner): string {
  return JSON.stringify([issuer, subject]);
}

function upstreamOf(issuer: string, { iss, sub }: UpstreamIdentity): string {
  return JSON.stringify([issuer, iss, sub]);
}
