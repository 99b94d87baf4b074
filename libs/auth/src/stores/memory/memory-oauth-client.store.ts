import type {
  OAuthClientQuery,
  OAuthClientRecord,
  OAuthClientStore,
} from '../../oauth/oauth-client.store.js';
import type { Listed, PagePosition } from '../../page-cursor.js';
import { frozenCopyOf } from './frozen-copy.js';
import { compareTexts, SortedEntries } from './sorted-entries.js';

/** Clients of one process; gone when it ends. */
export class MemoryOAuthClientStore implements OAuthClientStore {
  readonly #clients = new Map<string, OAuthClientRecord>();
  readonly #places = new Map<string, PagePosition>();
  readonly #byAge = new SortedEntries<PagePosition, PagePosition>(
    (one, other) => one.createdAt - other.createdAt || compareTexts(one.id, other.id),
  );

  async insert(client: OAuthClientRecord): Promise<void> {
    const { clientId, createdAt } = client;
    if (this.#clients.has(clientId)) throw new Error(`There is a client with the id ${clientId} already`);
    this.#clients.set(clientId, frozenCopyOf(client));
    const place = { createdAt, id: clientId };
    this.#places.set(clientId, place);
    this.#byAge.add(place);
  }

  async find(clientId: string): Promise<OAuthClientRecord | undefined> {
    return this.#clients.get(clientId);
  }

  async list(query: OAuthClientQuery): Promise<Listed<OAuthClientRecord, PagePosition>> {
    const places = this.#byAge.last(query, () => true);
    return places.map(({ id }) => this.#clients.get(id) as OAuthClientRecord);
  }

  async replace(client: OAuthClientRecord): Promise<boolean> {
    const before = this.#clients.get(client.clientId);
    if (before === undefined || before.version !== client.version - 1) return false;
    this.#clients.set(client.clientId, frozenCopyOf({ ...client, createdAt: before.createdAt }));
    return true;
  }

  async remove(clientId: string): Promise<boolean> {
    const place = this.#places.get(clientId);
    if (place === undefined) return false;
    this.#byAge.remove(place);
    this.#places.delete(clientId);
    return this.#clients.delete(clientId);
  }
}
