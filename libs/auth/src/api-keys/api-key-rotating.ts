import type { GivenJwk } from '../binding/message-signature-key.js';
import { InputError, PortcullisError } from '../errors.js';
import { type Actor, actorOf } from '../events/security-event.js';
import type { SecurityEvents } from '../events/security-events.js';
import { type ApiKeyHolder, type ApiKeyRecord, type ApiKeyStore, stateOf } from './api-key.store.js';
import type { ApiKeyChanging } from './api-key-changing.js';
import { API_KEY_ROTATED } from './api-key-events.js';
import type { ApiKeyMaking, CreatedApiKey } from './api-key-making.js';
import { API_KEY_CONFLICT } from './api-key-refusals.js';
import type { ApiKeySettings } from './api-key-settings.js';
import { infoOf, keyFactsOf } from './key-facts.js';
import { checkedScopes, isLifetime, type NewApiKey } from './new-api-key.js';

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

/** Puts new keys in the place of old ones. */
export class ApiKeyRotating {
  readonly #store: ApiKeyStore;

  constructor(
    private readonly options: ApiKeySettings,
    private readonly events: SecurityEvents,
    private readonly making: ApiKeyMaking,
    private readonly changing: ApiKeyChanging,
  ) {
    this.#store = options.stores.apiKeys;
  }

  /** @returns the new key; undefined when there is no key with this id */
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
    const { key, record } = this.making.make({
      ...inheritance(old, now),
      ...(lifetimeSeconds && { lifetimeSeconds }),
      ...(publicKey !== undefined && { publicKey }),
    });
    const end = Math.floor(now + overlapSeconds * 1000);
    const replaced = await this.changing.run({ id }, () => this.#store.replace(id, record, now, end));
    if (!replaced) throw conflict(id, old, now);
    this.events.emit(API_KEY_ROTATED, {
      ...keyFactsOf(old),
      successorId: record.id,
      expiresAt: Math.min(end, old.expiresAt ?? Number.POSITIVE_INFINITY),
      ...actorOf(who),
    });
    return { ...infoOf(record), key };
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
