import { hash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { isGrantableScope } from '../access/scopes.js';
import { PortcullisError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import { AppIdentity } from '../identity/identity.js';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';
import { ApiKeyFormat, type ApiKeyParts } from './api-key.format.js';
import type { ApiKeyRecord, ApiKeyStore } from './api-key.store.js';

/** What may be shown of a key after its creation. */
export type ApiKeyInfo = Omit<ApiKeyRecord, 'hash'>;

export interface NewApiKey {
  /** The application that the key is for. */
  readonly appId: string;
  /** A name that people recognise. */
  readonly name: string;
  /** What the key may do: `parcels:read`, or `parcels:*` for all of it. None by default. */
  readonly scopes?: readonly string[];
  /** The key's lifetime in seconds; null for a key that never expires by itself. */
  readonly lifetimeSeconds: number | null;
  /** Who asked for it. */
  readonly actor?: string;
}

export interface CreatedApiKey extends ApiKeyInfo {
  /** The key itself. It is shown here, once; only its hash is kept. */
  readonly key: string;
}

interface CachedKey {
  readonly hash: Buffer;
  readonly identity: AppIdentity;
  /** Milliseconds since the epoch. */
  readonly staleAt: number;
}

/** Makes, proves and revokes API keys. */
@Injectable()
export class ApiKeyService {
  readonly #format: ApiKeyFormat;
  readonly #store: ApiKeyStore;
  readonly #cache: LRUCache<string, CachedKey>;
  /** Counts revocations, so that a check under way notices one. */
  #revocations = 0;

  /** The request header that carries keys. */
  readonly header: string;

  constructor(
    @Inject(PORTCULLIS_OPTIONS) private readonly options: ResolvedOptions,
    private readonly events: SecurityEvents,
  ) {
    const { header, prefix, environment, cacheSize } = options.apiKeys;
    this.header = header;
    this.#format = new ApiKeyFormat(prefix, environment);
    this.#store = options.stores.apiKeys;
    this.#cache = new LRUCache({ max: cacheSize });
  }

  /**
   * Makes a key. The result is the only place where the key itself ever stands.
   *
   * @throws TypeError when a scope can't be granted or the lifetime is not a positive number of seconds
   */
  async create({ appId, name, scopes = [], lifetimeSeconds, actor }: NewApiKey): Promise<CreatedApiKey> {
    const ungrantable = scopes.find((scope) => !isGrantableScope(scope));
    if (ungrantable !== undefined) throw new TypeError(`${JSON.stringify(ungrantable)} is not a scope`);
    if (lifetimeSeconds !== null && !(Number.isFinite(lifetimeSeconds) && lifetimeSeconds > 0)) {
      throw new TypeError('lifetimeSeconds must be a positive number, or null for a key that never expires');
    }
    const { id, key } = this.#format.create();
    const createdAt = this.options.now();
    const record: ApiKeyRecord = {
      id,
      appId,
      name,
      scopes: [...new Set(scopes)],
      hash: hashOf(key),
      createdAt,
      expiresAt: lifetimeSeconds === null ? null : createdAt + lifetimeSeconds * 1000,
      revokedAt: null,
    };
    await this.#store.insert(record);
    this.events.emit({ type: 'api-key.created', keyId: id, appId, ...(actor !== undefined && { actor }) });
    return { ...infoOf(record), key };
  }

  /** Every key, newest first, without its hash. */
  async list(): Promise<ApiKeyInfo[]> {
    return (await this.#store.list()).map(infoOf);
  }

  /**
   * Ends a key for ever. It holds in this process from the moment the promise resolves.
   *
   * @returns false when there is no such key or it was revoked before
   */
  async revoke(id: string, actor?: string): Promise<boolean> {
    const record = await this.#store.findById(id);
    const revoked = await this.#store.revoke(id, this.options.now());
    this.#revocations++;
    this.#cache.delete(id);
    if (revoked && record !== undefined) {
      const { appId } = record;
      this.events.emit({ type: 'api-key.revoked', keyId: id, appId, ...(actor !== undefined && { actor }) });
    }
    return revoked;
  }

  /**
   * Proves a key. A key that was proven before is answered at once, without a promise.
   *
   * @throws PortcullisError `invalid_api_key`; or `temporarily_unavailable` when the store can't be asked
   */
  identify(text: string): AppIdentity | Promise<AppIdentity> {
    const parts = this.#format.parse(text);
    if (parts === undefined)
      throw invalid('not a key of this service and environment, or its checksum is wrong');
    const cached = this.#cache.get(parts.id);
    const isFresh = cached !== undefined && this.options.now() < cached.staleAt;
    return isFresh && matches(parts.key, cached.hash) ? cached.identity : this.#identifyFromStore(parts);
  }

  async #identifyFromStore({ id, key }: ApiKeyParts): Promise<AppIdentity> {
    const record = await this.#readSettled(id);
    const now = this.options.now();
    const stored = Buffer.from(record?.hash ?? '', 'base64url');
    if (record === undefined || !matches(key, stored))
      throw invalid(`key ${id} is unknown or its secret is wrong`);
    if (record.revokedAt !== null) throw invalid(`key ${id} is revoked`);
    if (record.expiresAt !== null && record.expiresAt <= now) throw invalid(`key ${id} has expired`);

    const identity = new AppIdentity({ ...record, keyId: id });
    const staleAt = Math.min(
      now + this.options.apiKeys.cacheSeconds * 1000,
      record.expiresAt ?? Number.POSITIVE_INFINITY,
    );
    this.#cache.set(id, { hash: stored, identity, staleAt });
    return identity;
  }

  /** What was read while some key was revoked may be older than that: it is read again. */
  async #readSettled(id: string): Promise<ApiKeyRecord | undefined> {
    const revocations = this.#revocations;
    const record = await this.#read(id);
    return revocations === this.#revocations ? record : this.#readSettled(id);
  }

  async #read(id: string): Promise<ApiKeyRecord | undefined> {
    try {
      return await this.#store.findById(id);
    } catch (cause) {
      throw new PortcullisError('temporarily_unavailable', `the API key store failed: ${cause}`, {
        retryAfterSeconds: 1,
        cause,
      });
    }
  }
}

function hashOf(key: string): string {
  return hash('sha256', key, 'base64url');
}

function matches(key: string, stored: Buffer): boolean {
  const actual = hash('sha256', key, 'buffer');
  return stored.length === actual.length && timingSafeEqual(actual, stored);
}

function infoOf({ hash: _, ...info }: ApiKeyRecord): ApiKeyInfo {
  return info;
}

function invalid(reason: string): PortcullisError {
  return new PortcullisError('invalid_api_key', reason, { challenge: ['api-key'] });
}
