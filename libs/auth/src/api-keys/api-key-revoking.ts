import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Actor, actorOf } from '../events/security-event.js';
import type { SecurityEvents } from '../events/security-events.js';
import type { ApiKeyRecord, ApiKeySelection, ApiKeyStore, ApiKeysOfHolder } from './api-key.store.js';
import type { ApiKeyChanging } from './api-key-changing.js';
import { API_KEY_REVOKED } from './api-key-events.js';
import type { ApiKeySettings } from './api-key-settings.js';
import { keyFactsOf } from './key-facts.js';

export interface ApiKeyRevocation extends Actor {
  /** Why, for the operator. */
  readonly reason?: string;
}

/** Revokes keys, for ever. */
export class ApiKeyRevoking {
  readonly #store: ApiKeyStore;

  constructor(
    private readonly options: ApiKeySettings,
    private readonly events: SecurityEvents,
    private readonly changing: ApiKeyChanging,
  ) {
    this.#store = options.stores.apiKeys;
  }

  /** @returns how many there were */
  async revokeAllOf(holder: ApiKeysOfHolder, revocation: ApiKeyRevocation): Promise<number> {
    // Part by part, until none is left: meanwhile successors may have come.
    for (let count = 0; ; ) {
      const { length } = await this.revoke(holder, revocation);
      if (length === 0) return count;
      count += length;
      await nextTurn();
    }
  }

  /** @returns those that were not revoked before; of very many a part */
  async revoke(
    selection: ApiKeySelection,
    { reason, ...who }: ApiKeyRevocation,
  ): Promise<readonly ApiKeyRecord[]> {
    const revoked = await this.changing.run(
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
}
