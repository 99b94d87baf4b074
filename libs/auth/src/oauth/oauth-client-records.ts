import { Inject, Injectable } from '@nestjs/common';
import { PortcullisError } from '../errors.js';
import { available } from '../sessions/unavailable.js';
import { TokenIssuer } from '../tokens/token-issuer.js';
import { isDocumentUrl } from './client-uris.js';
import { ConfiguredClients } from './configured-clients.js';
import type { OAuthClientRecord, OAuthClientStore } from './oauth-client.store.js';
import { checkedClient } from './oauth-client-details.js';
import { OAUTH_CLIENT_CONFLICT } from './oauth-refusals.js';
import { OAUTH_SETTINGS, type OAuthSettings } from './oauth-settings.js';

/** What came of a change of a client. */
export interface ChangedClient {
  readonly record: OAuthClientRecord;
  /** Whether anything was to be changed. */
  readonly isDone: boolean;
}

/** What a change makes of a client; undefined for nothing. */
export type ClientChange = (client: OAuthClientRecord) => Partial<OAuthClientRecord> | undefined;

/** A change goes on from what somebody else has just changed, so often at most. */
const MOST_TRIES = 10;

/** Reads clients, whether they are configured or kept, and changes those that are kept. */
@Injectable()
export class OAuthClientRecords {
  readonly #store: OAuthClientStore;

  constructor(
    @Inject(OAUTH_SETTINGS) settings: OAuthSettings,
    private readonly configured: ConfiguredClients,
    private readonly issuer: TokenIssuer,
  ) {
    this.#store = settings.stores.oauthClients;
  }

  /** Whether the server has a URL of this machine alone: then so may its clients. */
  get isTriedOutHere(): boolean {
    return this.issuer.url.startsWith('http:');
  }

  /** @throws PortcullisError `temporarily_unavailable` */
  async find(clientId: string): Promise<OAuthClientRecord | undefined> {
    const configured = this.configured.find(clientId);
    return configured ?? available(this.#store.find(clientId), 'the client can not be read');
  }

  /** @throws PortcullisError `temporarily_unavailable` */
  insert(record: OAuthClientRecord): Promise<void> {
    return available(this.#store.insert(record), 'the client can not be kept');
  }

  /**
   * Reads, changes, and keeps it where nobody else has meanwhile.
   *
   * @returns undefined where there is none
   * @throws PortcullisError `oauth_client_conflict`; `temporarily_unavailable`
   */
  async change(clientId: string, change: ClientChange): Promise<ChangedClient | undefined> {
    this.demandKept(clientId);
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const before = await this.find(clientId);
      if (before === undefined) return undefined;
      const changes = change(before);
      if (changes === undefined) return { record: before, isDone: false };
      const record = { ...before, ...changes, version: before.version + 1 };
      if (await available(this.#store.replace(record), 'the client can not be changed'))
        return { record, isDone: true };
    }
    throw clientConflict(clientId, 'is being changed by others all the time');
  }

  /** Whether it can be disabled: neither unknown nor configured. @throws PortcullisError `temporarily_unavailable` */
  async isKept(clientId: string): Promise<boolean> {
    if (this.configured.find(clientId) !== undefined) return false;
    return isDocumentUrl(clientId) || (await this.find(clientId)) !== undefined;
  }

  /** @throws PortcullisError `oauth_client_conflict` for a client that is described elsewhere */
  demandKept(clientId: string): void {
    if (this.configured.find(clientId) !== undefined)
      throw clientConflict(clientId, 'is configured in the code of the app');
    if (isDocumentUrl(clientId)) throw clientConflict(clientId, 'is described by a document of its own');
  }

  /** @param at milliseconds since the epoch; null to enable it. @returns and throws as {@link change} */
  async setDisabled(clientId: string, at: number | null): Promise<ChangedClient | undefined> {
    if (isDocumentUrl(clientId))
      return at === null ? this.#letInAgain(clientId) : this.#shutOut(clientId, at);
    return this.change(clientId, ({ disabledAt }) =>
      (disabledAt === null) === (at === null) ? undefined : { disabledAt: at },
    );
  }

  /** @returns whether it was this call. @throws PortcullisError `temporarily_unavailable` */
  remove(clientId: string): Promise<boolean> {
    return available(this.#store.remove(clientId), 'the client can not be removed');
  }

  /** Of a client that describes itself a record is kept while it is disabled, and only then. */
  async #shutOut(clientId: string, at: number): Promise<ChangedClient> {
    const record = shutOutRecord(clientId, at);
    try {
      await this.insert(record);
      return { record, isDone: true };
    } catch (error) {
      const before = await this.find(clientId);
      if (before === undefined) throw error;
      return { record: before, isDone: false };
    }
  }

  async #letInAgain(clientId: string): Promise<ChangedClient | undefined> {
    const record = await this.find(clientId);
    return record && { record, isDone: await this.remove(clientId) };
  }
}

function shutOutRecord(clientId: string, at: number): OAuthClientRecord {
  const { host } = new URL(clientId);
  // What it says of itself is not kept.
  const client = { name: host, kind: 'device' } as const;
  return {
    ...{ clientId, name: host, metadata: JSON.stringify(checkedClient(client, false).details), secrets: [] },
    ...{ createdAt: at, disabledAt: at, version: 0 },
  };
}

export function clientConflict(clientId: string, why: string): PortcullisError {
  return new PortcullisError(OAUTH_CLIENT_CONFLICT, `the client ${clientId} ${why}`);
}
