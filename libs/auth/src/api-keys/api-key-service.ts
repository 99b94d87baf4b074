import { setImmediate as nextTurn } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { GivenJwk } from '../binding/message-signature-key.js';
import { InputError, PortcullisError } from '../errors.js';
import { type Actor, actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { type PagePosition, pageLimit, positionOf, readPage } from '../page-cursor.js';
import { Replicator } from '../replication/replicator.js';
import {
  type ApiKeyHolder,
  type ApiKeyInfo,
  type ApiKeyQuery,
  type ApiKeyRecord,
  type ApiKeySelection,
  type ApiKeyState,
  type ApiKeyStore,
  type ApiKeysOfHolder,
  stateOf,
} from './api-key.store.js';
import { API_KEYS_CHANGED } from './api-key-changes.js';
import {
  API_KEY_CREATED,
  API_KEY_DISABLED,
  API_KEY_ENABLED,
  API_KEY_REVOKED,
  API_KEY_ROTATED,
} from './api-key-events.js';
import { apiKeyPattern } from './api-key-format.js';
import { API_KEY_CONFLICT } from './api-key-refusals.js';
import { API_KEY_SETTINGS, type ApiKeySettings } from './api-key-settings.js';
import { ApiKeyVerifier } from './api-key-verifier.js';
import { infoOf, keyFactsOf } from './key-facts.js';
import { checkedScopes, isLifetime, type NewApiKey, recordOf } from './new-api-key.js';

export type CreatedApiKey = ApiKeyInfo & {
  /** The key itself. It is shown here, once; only its hash is kept. */
  readonly key: string;
};

export interface ApiKeyRotation extends Actor {
  /** How long the old key still works, in seconds, if it doesn't expire sooner. 0: it is dead now. */
  readonly overlapSeconds: number;
  /** How long the new key works, in seconds. By default as long as the old one was meant to. */
  readonly lifetimeSeconds?: number | 'never';
  /** The public key that the new key is bound to. By default that of the old one, if it has one. */
  readonly publicKey?: GivenJwk;
  /** What whoever asked may hand out. By default anything. The new key is shown to them, so its scopes must be among it. */
  readonly grantable?: readonly string[];
}

export interface ApiKeyRevocation extends Actor {
  /** Why, for the operator. */
  readonly reason?: string;
}

/** Which keys are to be listed: those that match everything given. */
export interface ApiKeyFilter extends Omit<ApiKeyQuery, 'state' | 'after' | 'limit'> {
  readonly state?: ApiKeyState;
  /** Where to go on: `nextCursor` of the page before. */
  readonly cursor?: string;
  /** At most so many, from 1 to 1000. By default 100. */
  readonly limit?: number;
}

export interface ApiKeyPage {
  /** Newest first. Fewer than the limit, or none, also where very many had to be looked through. */
  readonly keys: readonly ApiKeyInfo[];
  /** There may be more: ask for them with this. */
  readonly nextCursor?: string;
}

/** The life of API keys: makes, lists, rotates, disables and revokes them. What is changed here holds in this process at once. */
@Injectable()
export class ApiKeyService {
  readonly #store: ApiKeyStore;

  /** The request header that carries keys. */
  readonly header: string;

  constructor(
    @Inject(API_KEY_SETTINGS) private readonly options: ApiKeySettings,
    private readonly events: SecurityEvents,
    private readonly verifier: ApiKeyVerifier,
    private readonly replicator: Replicator,
  ) {
    this.header = options.apiKeys.header;
    this.#store = options.stores.apiKeys;
  }

  /** The exact form of this service's keys, for secret scanners. */
  get pattern(): RegExp {
    return apiKeyPattern(this.options.apiKeys.prefix, this.options.apiKeys.environment);
  }

  /**
   * Makes a key. The result is the only place where the key itself ever stands.
   *
   * @throws InputError naming what makes no sense
   * @throws PortcullisError `ungrantable_scope` when a scope is not among `grantable`
   */
  async create({ actor, address, requestId, ...newKey }: NewApiKey & Actor): Promise<CreatedApiKey> {
    const { key, record } = this.#make(newKey);
    const who = actorOf({ actor, address, requestId });
    await this.#store.insert(record);
    this.events.emit(API_KEY_CREATED, { ...keyFactsOf(record), ...who });
    return { ...infoOf(record), key };
  }

  /**
   * The keys that match, newest first, without their hashes.
   *
   * @throws InputError when cursor or limit make no sense
   */
  async list({ state, cursor, limit: wanted, ...rest }: ApiKeyFilter = {}): Promise<ApiKeyPage> {
    const limit = pageLimit(wanted);
    const { appId, issuer, subject, owner, tenant } = rest;
    const query = {
      ...withoutUndefined({ appId, issuer, subject, owner, tenant }),
      ...(state !== undefined && { state: { is: state, at: this.options.now() } }),
    };
    const { entries, ...page } = await readPage<ApiKeyRecord, PagePosition>(
      { after: cursor === undefined ? undefined : positionOf(cursor), limit },
      (after, most) => this.#store.list({ ...query, ...(after && { after }), limit: most }),
    );
    return { keys: entries.map(infoOf), ...page };
  }

  /** One key without its hash; undefined when there is none with this id. */
  async find(id: string): Promise<ApiKeyInfo | undefined> {
    const record = await this.#store.findById(id);
    return record && infoOf(record);
  }

  /**
   * Makes a new key with everything that an old one has, and ends the old one. The old one never works longer for it.
   *
   * @returns the new key; undefined when there is no key with this id
   * @throws InputError when a time or a public key makes no sense
   * @throws PortcullisError `api_key_conflict` when the old key is revoked, expired, disabled or was rotated before, or is a
   * personal token and `grantable` is given;
   * `ungrantable_scope` when it has a scope that is not among `grantable`
   */
  async rotate(
    id: string,
    { overlapSeconds, lifetimeSeconds, publicKey, grantable, ...who }: ApiKeyRotation,
  ): Promise<CreatedApiKey | undefined> {
    if (overlapSeconds !== 0 && !(typeof overlapSeconds === 'number' && isLifetime(overlapSeconds)))
      throw new InputError('overlapSeconds must be a number from 0, and at most a hundred years');
    if (lifetimeSeconds !== undefined && !isLifetime(lifetimeSeconds))
      throw new InputError("lifetimeSeconds must be a positive number, or 'never'");
    const old = await this.#store.findById(id);
    if (old === undefined) return undefined;
    checkedScopes(old.scopes, grantable);
    // Whoever is shown it could act as its user.
    if (grantable !== undefined && !('appId' in old))
      throw new PortcullisError(API_KEY_CONFLICT, `${id} is a personal token, which its user alone makes`, {
        keyId: id,
      });

    const now = this.options.now();
    const { key, record } = this.#make({
      ...inheritance(old, now),
      ...(lifetimeSeconds && { lifetimeSeconds }),
      ...(publicKey !== undefined && { publicKey }),
    });
    const end = Math.floor(now + overlapSeconds * 1000);
    const replaced = await this.#changing({ id }, () => this.#store.replace(id, record, now, end));
    if (!replaced) throw conflict(id, old, now);
    this.events.emit(API_KEY_ROTATED, {
      ...keyFactsOf(old),
      successorId: record.id,
      expiresAt: Math.min(end, old.expiresAt ?? Number.POSITIVE_INFINITY),
      ...actorOf(who),
    });
    return { ...infoOf(record), key };
  }

  /**
   * Revokes a key, for ever.
   *
   * @returns false when there is no such key or it was revoked before
   */
  async revoke(id: string, revocation: ApiKeyRevocation = {}): Promise<boolean> {
    return (await this.#revoke({ id }, revocation)).length > 0;
  }

  /**
   * Revokes every key of an app, or every personal token of a user, for ever; where a tenant is named, those that are of it.
   *
   * @returns how many there were
   */
  async revokeAllOf(holder: ApiKeysOfHolder, revocation: ApiKeyRevocation = {}): Promise<number> {
    // Part by part, until none is left: meanwhile successors may have come.
    for (let count = 0; ; ) {
      const { length } = await this.#revoke(holder, revocation);
      if (length === 0) return count;
      count += length;
      await nextTurn();
    }
  }

  /**
   * Revokes a key that was found where it should not be, given the key itself.
   *
   * @returns the key, revoked now or before; undefined for a text that is none of our keys
   */
  async revokeLeaked(key: string, who: Actor = {}): Promise<ApiKeyInfo | undefined> {
    const record = await this.verifier.recognise(key);
    if (record === undefined) return undefined;
    await this.#revoke({ id: record.id }, { reason: 'leaked', ...who });
    return this.find(record.id);
  }

  /**
   * Refuses a key until it is enabled again.
   *
   * @returns false when there is no such key, or it is disabled or revoked already
   */
  disable(id: string, who: Actor = {}): Promise<boolean> {
    return this.#setDisabled(id, this.options.now(), who);
  }

  /**
   * Lets a disabled key work again.
   *
   * @returns false when there is no such key, or it is not disabled, or revoked
   */
  enable(id: string, who: Actor = {}): Promise<boolean> {
    return this.#setDisabled(id, null, who);
  }

  #make(newKey: NewApiKey): { key: string; record: ApiKeyRecord } {
    const { id, key } = this.verifier.format.create();
    const record = recordOf(newKey, {
      id,
      hash: this.verifier.hasher.hash(key),
      now: this.options.now(),
      defaultLifetimeSeconds: this.options.apiKeys.lifetimeSeconds,
    });
    return { key, record };
  }

  async #revoke(
    selection: ApiKeySelection,
    { reason, ...who }: ApiKeyRevocation,
  ): Promise<readonly ApiKeyRecord[]> {
    const revoked = await this.#changing(
      selection,
      () => this.#store.revoke(selection, this.options.now(), reason ?? null),
      (records) => records.map(({ id }) => id),
    );
    for (const record of revoked) {
      const why = reason === undefined ? {} : { reason };
      this.events.emit(API_KEY_REVOKED, { ...keyFactsOf(record), ...why, ...actorOf(who) });
    }
    return revoked;
  }

  async #setDisabled(id: string, at: number | null, who: Actor): Promise<boolean> {
    const changed = await this.#changing({ id }, () => this.#store.setDisabled(id, at));
    if (changed === undefined) return false;
    const event = at === null ? API_KEY_ENABLED : API_KEY_DISABLED;
    this.events.emit(event, { ...keyFactsOf(changed), ...actorOf(who) });
    return true;
  }

  /**
   * What was remembered of changed keys is forgotten, also where nothing was left to change: another instance may have done it. A
   * change that failed may have happened all the same.
   */
  async #changing<T>(
    selection: ApiKeySelection,
    change: () => Promise<T>,
    idsOf: (result: T) => readonly string[] = () => [],
  ): Promise<T> {
    const named = 'id' in selection ? [selection.id] : [];
    try {
      const result = await change();
      await this.#publish([...named, ...idsOf(result)]);
      return result;
    } catch (error) {
      if (named.length > 0) await this.#publish(named).catch(() => undefined);
      else this.verifier.forgetAll();
      throw error;
    }
  }

  /** @throws PortcullisError `temporarily_unavailable` when other instances may not know of it yet */
  async #publish(ids: readonly string[]): Promise<void> {
    this.verifier.forget(ids);
    if (ids.length > 0) await this.replicator.publish(API_KEYS_CHANGED, { ids });
  }
}

/** What a successor takes over. It works from now on, for as long as the old key was meant to. */
function inheritance(old: ApiKeyRecord, now: number): NewApiKey {
  const { name, owner, tenant, metadata, scopes, networks, rateLimit, publicKey, notBefore, expiresAt } = old;
  const holder: ApiKeyHolder =
    'appId' in old ? { appId: old.appId } : { issuer: old.issuer, subject: old.subject };
  return {
    ...holder,
    name,
    metadata,
    scopes,
    ...(owner !== null && { owner }),
    ...(tenant !== null && { tenant }),
    ...(networks !== null && { networks }),
    ...(rateLimit !== null && { rateLimit }),
    ...(publicKey !== null && { publicKey }),
    notBefore: Math.max(now, notBefore),
    lifetimeSeconds: expiresAt === null ? 'never' : (expiresAt - notBefore) / 1000,
  };
}

function conflict(id: string, old: ApiKeyRecord, now: number): PortcullisError {
  const state = stateOf(old, now);
  const why =
    state === 'active' || state === 'pending' ? 'has been rotated, revoked or disabled' : `is ${state}`;
  return new PortcullisError(API_KEY_CONFLICT, `key ${id} ${why}`, { keyId: id });
}

/** What wasn't given isn't there. */
function withoutUndefined<T extends object>(value: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T;
}
