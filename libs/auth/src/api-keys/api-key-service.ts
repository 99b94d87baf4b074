import { Inject, Injectable } from '@nestjs/common';
import { type Actor, actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { Replicator } from '../replication/replicator.js';
import type { ApiKeyInfo, ApiKeyStore, ApiKeysOfHolder } from './api-key.store.js';
import { ApiKeyChanging } from './api-key-changing.js';
import { API_KEY_CREATED, API_KEY_DISABLED, API_KEY_ENABLED } from './api-key-events.js';
import { apiKeyPattern } from './api-key-format.js';
import { type ApiKeyFilter, type ApiKeyPage, listApiKeys } from './api-key-listing.js';
import { ApiKeyMaking, type CreatedApiKey } from './api-key-making.js';
import { type ApiKeyRevocation, ApiKeyRevoking } from './api-key-revoking.js';
import { ApiKeyRotating, type ApiKeyRotation } from './api-key-rotating.js';
import { API_KEY_SETTINGS, type ApiKeySettings } from './api-key-settings.js';
import { ApiKeyVerifier } from './api-key-verifier.js';
import { infoOf, keyFactsOf } from './key-facts.js';
import type { NewApiKey } from './new-api-key.js';

/** The life of API keys: makes, lists, rotates, disables and revokes them. What is changed here holds in this process at once. */
@Injectable()
export class ApiKeyService {
  readonly #store: ApiKeyStore;
  readonly #making: ApiKeyMaking;
  readonly #changing: ApiKeyChanging;
  readonly #rotating: ApiKeyRotating;
  readonly #revoking: ApiKeyRevoking;

  /** The request header that carries keys. */
  readonly header: string;

  constructor(
    @Inject(API_KEY_SETTINGS) private readonly options: ApiKeySettings,
    private readonly events: SecurityEvents,
    private readonly verifier: ApiKeyVerifier,
    replicator: Replicator,
  ) {
    this.header = options.apiKeys.header;
    this.#store = options.stores.apiKeys;
    this.#making = new ApiKeyMaking(options, verifier);
    this.#changing = new ApiKeyChanging(verifier, replicator);
    this.#rotating = new ApiKeyRotating(options, events, this.#making, this.#changing);
    this.#revoking = new ApiKeyRevoking(options, events, this.#changing);
  }

  /** The exact form of this service's keys, for secret scanners. */
  get pattern(): RegExp {
    return apiKeyPattern(this.options.apiKeys.prefix, this.options.apiKeys.environment);
  }

  /**
   * Makes a key. The result is the only place where the key itself ever stands.
   *
   * @throws InputError naming what makes no sense
   * @throws PortcullisError `ungrantable_scope` when a scope is not among `grantable`; `temporarily_unavailable` when it is not kept
   */
  async create({ actor, address, requestId, ...newKey }: NewApiKey & Actor): Promise<CreatedApiKey> {
    const { key, record } = this.#making.make(newKey);
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
  list(filter: ApiKeyFilter = {}): Promise<ApiKeyPage> {
    return listApiKeys(this.#store, filter, this.options.now());
  }

  /**
   * One key without its hash; undefined when there is none with this id.
   *
   * @throws PortcullisError `temporarily_unavailable` when the store fails
   */
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
  rotate(id: string, rotation: ApiKeyRotation): Promise<CreatedApiKey | undefined> {
    return this.#rotating.rotate(id, rotation);
  }

  /**
   * Revokes a key, for ever.
   *
   * @returns false when there is no such key or it was revoked before
   */
  async revoke(id: string, revocation: ApiKeyRevocation = {}): Promise<boolean> {
    return (await this.#revoking.revoke({ id }, revocation)).length > 0;
  }

  /**
   * Revokes every key of an app, or every personal token of a user, for ever; where a tenant is named, those that are of it.
   *
   * @returns how many there were
   */
  revokeAllOf(holder: ApiKeysOfHolder, revocation: ApiKeyRevocation = {}): Promise<number> {
    return this.#revoking.revokeAllOf(holder, revocation);
  }

  /**
   * Revokes a key that was found where it should not be, given the key itself.
   *
   * @returns the key, revoked now or before; undefined for a text that is none of our keys
   */
  async revokeLeaked(key: string, who: Actor = {}): Promise<ApiKeyInfo | undefined> {
    const record = await this.verifier.recognise(key);
    if (record === undefined) return undefined;
    await this.#revoking.revoke({ id: record.id }, { reason: 'leaked', ...who });
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

  async #setDisabled(id: string, at: number | null, who: Actor): Promise<boolean> {
    const changed = await this.#changing.run({ id }, () => this.#store.setDisabled(id, at));
    if (changed === undefined) return false;
    const event = at === null ? API_KEY_ENABLED : API_KEY_DISABLED;
    this.events.emit(event, { ...keyFactsOf(changed), ...actorOf(who) });
    return true;
  }
}
