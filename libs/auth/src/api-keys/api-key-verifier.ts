import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { MaybePromise } from '../async/maybe-promise.js';
import { INVALID_TOKEN } from '../credentials/credential-refusals.js';
import { PortcullisError } from '../errors.js';
import { detachedCopy } from '../net/detached-copy.js';
import { RecentlyUsed } from '../recently-used.js';
import type { ChangeOf } from '../replication/change-definition.js';
import { LocalChanges } from '../replication/local-changes.js';
import type { Replica } from '../replication/replica-follower.js';
import { Replicator } from '../replication/replicator.js';
import { scopesWithin } from '../scopes.js';
import type { PersonalTokenOptions } from './api-key.options.js';
import { type ApiKeyRecord, type ApiKeyState, type ApiKeyStore, stateOf } from './api-key.store.js';
import { API_KEYS_CHANGED } from './api-key-changes.js';
import { ApiKeyFormat } from './api-key-format.js';
import { ApiKeyHasher, sha256Of } from './api-key-hasher.js';
import { ApiKeyReads, unavailable } from './api-key-reads.js';
import { INVALID_API_KEY } from './api-key-refusals.js';
import { API_KEY_SETTINGS, type ApiKeySettings } from './api-key-settings.js';
import { LegacyAdoption } from './legacy-adoption.js';
import { holderNameOf, type ProvenApiKey, provenBy } from './proven-api-key.js';

/** A key as it was sent. */
interface PresentedKey {
  readonly key: string;
  /** SHA-256 of the key, base64url. */
  readonly digest: string;
  /** Whether it is not of our form, and so perhaps known to an older system. */
  readonly isForeign: boolean;
  /** What it is read and remembered by: its id, or its digest if it is foreign and has none. */
  readonly name: string;
}

/** What rules call a key that there never was, or that nobody ever got. */
const GUESS = 'bad_key';

const UNKNOWN = 'unknown, or its secret is wrong';

/** What rules call keys. A real one that is good no more is sent by honest clients until somebody looks after them. */
const STRIKE_EVENTS: Partial<Record<ApiKeyState | typeof UNKNOWN, string>> = {
  [UNKNOWN]: GUESS,
  expired: 'expired_key',
  revoked: 'revoked_key',
};

interface Hit {
  readonly proven: ProvenApiKey;
  /** SHA-256 of the key, base64url. */
  readonly digest: string;
  /** Milliseconds since the epoch. */
  readonly staleAt: number;
}

interface Mistake {
  readonly reason: string;
  readonly keyId?: string | undefined;
  /** Who was proven by it, though it is not good any more, or not yet. */
  readonly caller?: () => string | undefined;
  /** What rules call it; the refusal's code by default. */
  readonly strikeEvent?: string | undefined;
}

interface Miss extends Mistake {
  /** Milliseconds since the epoch. */
  readonly staleAt: number;
}

/**
 * Proves keys. What it found, good or bad, is remembered for a while; a change, made here or published by another instance, is
 * heeded at once, also by a check that is under way.
 */
@Injectable()
export class ApiKeyVerifier implements OnModuleInit, Replica<'api-keys'> {
  readonly follows = API_KEYS_CHANGED;
  /** The request header that carries keys. */
  readonly header: string;
  readonly format: ApiKeyFormat;
  readonly hasher: ApiKeyHasher;
  readonly #store: ApiKeyStore;
  /** By name. */
  readonly #hits: RecentlyUsed<Hit>;
  /** By the key itself, whose digest costs more than all the rest: good ones of which nothing has changed since. */
  readonly #known: RecentlyUsed<Hit>;
  /** By digest, so that a wrong secret says nothing about the right one. */
  readonly #misses: RecentlyUsed<Miss>;
  /** Another one as soon as any key has changed. */
  #state = {};
  readonly #reads = new ApiKeyReads();
  /** A key that was changed while it was read is read again. Changes of others disturb no check, however many there are. */
  readonly #changes = new LocalChanges();

  constructor(
    @Inject(API_KEY_SETTINGS) private readonly options: ApiKeySettings,
    private readonly legacy: LegacyAdoption,
    private readonly replicator: Replicator,
  ) {
    const { header, prefix, environment, peppers, cacheSize } = options.apiKeys;
    this.header = header;
    this.format = new ApiKeyFormat(prefix, environment);
    this.hasher = new ApiKeyHasher(peppers);
    this.#store = options.stores.apiKeys;
    this.#hits = new RecentlyUsed(cacheSize);
    this.#known = new RecentlyUsed(cacheSize);
    this.#misses = new RecentlyUsed(cacheSize);
  }

  async onModuleInit(): Promise<void> {
    await this.replicator.follow(this);
  }

  /** What another instance has changed is read again. */
  take({ ids }: ChangeOf<'api-keys'>): void {
    this.forget(ids);
  }

  async reload(): Promise<void> {
    this.forgetAll();
  }

  /**
   * Proves a key. One that was proven before is answered at once, without a promise.
   *
   * @param kind how the key was sent; it decides the error
   * @throws PortcullisError `invalid_api_key` or `invalid_token`; or `temporarily_unavailable` when the store can't be asked
   */
  verify(key: string, kind: string = 'api-key'): MaybePromise<ProvenApiKey> {
    const now = this.options.now();
    const known = this.#known.get(key);
    if (known !== undefined && now < known.staleAt) return known.proven;
    const digest = sha256Of(key);
    const isForeign = this.#isForeign(key);
    const name = isForeign ? digest : this.format.idIn(key);
    const hit = this.#hits.get(name);
    // How much of a digest is alike shows nothing about a random key, so the comparison may take its time.
    if (hit !== undefined && now < hit.staleAt && digest === hit.digest) {
      this.#known.set(detachedCopy(key), hit);
      return hit.proven;
    }

    if (!isForeign && this.format.parse(key) === undefined) {
      throw refusal(kind, {
        reason: 'not a key of this service and environment, or its checksum is wrong',
        strikeEvent: GUESS,
      });
    }
    const miss = this.#misses.get(digest);
    if (miss !== undefined && now < miss.staleAt) throw refusal(kind, miss);
    return this.#verifyAnew({ key, digest, isForeign, name }, kind);
  }

  /**
   * A key that was proven before, for who asks again and again whether it still is.
   *
   * @returns what it proves, for as long as nothing of any key has changed
   */
  recall(key: string): (() => ProvenApiKey | undefined) | undefined {
    const [hit, state] = [this.#known.get(key), this.#state];
    if (hit === undefined) return undefined;
    return () => (state === this.#state && this.options.now() < hit.staleAt ? hit.proven : undefined);
  }

  /** The record of a key, whatever its state, if the secret is right. A key of a foreign form becomes ours by it. */
  async recognise(key: string): Promise<ApiKeyRecord | undefined> {
    if (this.#isForeign(key)) return this.legacy.find(key);
    const parts = this.format.parse(key);
    const record = parts && (await this.#store.findById(parts.id));
    return this.hasher.matches(key, sha256Of(key), record?.hash) ? record : undefined;
  }

  /** The id of a real key, whatever its state. One that is known, good or bad, is not looked up again. */
  async nameOf(key: string): Promise<string | undefined> {
    try {
      return (await this.verify(key)).keyId;
    } catch (error) {
      const isGuess = error instanceof PortcullisError && error.strikeEvent === GUESS;
      return isGuess ? undefined : (await this.recognise(key))?.id;
    }
  }

  /** To be called when these keys were changed. */
  forget(ids: readonly string[]): void {
    this.#forgetReads(ids);
    for (const id of ids) this.#hits.delete(id);
    if (!this.legacy.isWanted) return;
    for (const [name, { proven }] of this.#hits.entries()) {
      if (ids.includes(proven.keyId)) this.#hits.delete(name);
    }
  }

  /** To be called when it isn't known which keys were changed. */
  forgetAll(): void {
    this.#forgetReads(undefined);
    this.#hits.clear();
  }

  #isForeign(key: string): boolean {
    return this.legacy.isWanted && !this.format.recognises(key);
  }

  #forgetReads(ids: readonly string[] | undefined): void {
    this.#changes.note(ids);
    this.#reads.forget();
    this.#misses.clear();
    this.#known.clear();
    this.#state = {};
  }

  async #verifyAnew(presented: PresentedKey, kind: string): Promise<ProvenApiKey> {
    const watch = this.#changes.watch();
    try {
      const record = await this.#reads.once(presented.name, () => this.#read(presented));
      const state = this.#stateOf(presented, record);
      const granted = record !== undefined && state === 'active' ? this.#scopesOf(record) : undefined;
      const scopes = granted instanceof Promise ? await granted : granted;
      if (watch.saw(record?.id ?? presented.name)) return this.#verifyAnew(presented, kind);

      // From here on nothing is waited for: a change can't come between the check above and the caches.
      if (record !== undefined && scopes !== undefined) return this.#remember(presented, record, scopes);
      throw refusal(kind, this.#rememberRefusal(presented, record, state));
    } finally {
      watch.end();
    }
  }

  /** The same work whatever comes out, so that the time shows nothing. */
  #stateOf({ key, digest }: PresentedKey, record: ApiKeyRecord | undefined): ApiKeyState | typeof UNKNOWN {
    const matches = this.hasher.matches(key, digest, record?.hash);
    return record === undefined || !matches ? UNKNOWN : stateOf(record, this.options.now());
  }

  #remember(presented: PresentedKey, record: ApiKeyRecord, scopes: readonly string[]): ProvenApiKey {
    void this.#hashAnew(presented, record);
    const staleAt = this.options.now() + this.options.apiKeys.cacheSeconds * 1000;
    const proven = provenBy(record, scopes);
    const hit = {
      proven,
      digest: presented.digest,
      staleAt: Math.min(staleAt, record.expiresAt ?? Number.POSITIVE_INFINITY),
    };
    this.#hits.set(presented.name, hit);
    this.#known.set(detachedCopy(presented.key), hit);
    return proven;
  }

  #rememberRefusal(
    { key, digest, isForeign }: PresentedKey,
    record: ApiKeyRecord | undefined,
    state: ApiKeyState | typeof UNKNOWN,
  ): Miss {
    const staleAt = this.options.now() + this.options.apiKeys.refusalCacheSeconds * 1000;
    const beginsAt = state === 'pending' ? record?.notBefore : undefined;
    const miss = {
      reason: state === 'active' ? 'its user is gone' : `the key is ${state}`,
      keyId: isForeign ? record?.id : this.format.idIn(key),
      caller: () => (record === undefined || state === UNKNOWN ? undefined : holderNameOf(record)),
      strikeEvent: STRIKE_EVENTS[state],
      staleAt: Math.min(staleAt, beginsAt ?? Number.POSITIVE_INFINITY),
    };
    this.#misses.set(digest, miss);
    return miss;
  }

  #read({ key, name, isForeign }: PresentedKey): Promise<ApiKeyRecord | undefined> {
    return isForeign ? this.legacy.find(key) : this.#store.findById(name);
  }

  /** What the key may do now; undefined when its user is gone. */
  #scopesOf(record: ApiKeyRecord): MaybePromise<readonly string[] | undefined> {
    const { scopesOf } = this.options.apiKeys.personalTokens;
    return 'appId' in record || scopesOf === undefined ? record.scopes : currentScopes(record, scopesOf);
  }

  /** A key that was hashed under another pepper, or none. If it fails, the next use tries again. */
  async #hashAnew({ key, digest }: PresentedKey, { id, hash }: ApiKeyRecord): Promise<void> {
    const current = this.hasher.hash(key, digest);
    if (current === hash) return;
    try {
      await this.#store.rehash(id, hash, current);
    } catch {
      // Said above.
    }
  }
}

async function currentScopes(
  { issuer, subject, scopes }: Extract<ApiKeyRecord, { subject: string }>,
  scopesOf: NonNullable<PersonalTokenOptions['scopesOf']>,
): Promise<readonly string[] | undefined> {
  try {
    const current = await scopesOf({ issuer, subject });
    return current && scopesWithin(scopes, current);
  } catch (cause) {
    throw unavailable(`personalTokens.scopesOf failed: ${cause}`, cause);
  }
}

function refusal(kind: string, { reason, keyId, caller, strikeEvent }: Mistake): PortcullisError {
  const refused = kind === 'token' ? INVALID_TOKEN : INVALID_API_KEY;
  return new PortcullisError(refused, keyId === undefined ? reason : `${reason} (${keyId})`, {
    challenge: [kind],
    ...(keyId !== undefined && { keyId }),
    ...(caller !== undefined && { caller }),
    ...(strikeEvent !== undefined && { strikeEvent }),
  });
}
