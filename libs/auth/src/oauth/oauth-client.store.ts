import { defineStore } from '../options/store-definition.js';
import type { Listed, PagePosition } from '../page-cursor.js';

/** A secret of a client at rest. Times are milliseconds since the epoch. */
export interface OAuthClientSecret {
  /** Names it; not secret. */
  readonly id: string;
  /** A digest of the secret. */
  readonly hash: string;
  readonly createdAt: number;
  /** It works before this. Null: until it is rotated. */
  readonly expiresAt: number | null;
}

/** A client of the authorization server at rest. Times are milliseconds since the epoch. */
export interface OAuthClientRecord {
  /** `client_id`; not secret. */
  readonly clientId: string;
  /** What people are asked about. */
  readonly name: string;
  /** How it may use the server, as JSON: where browsers come back to, grants, scopes, its public keys. Nothing in it is secret. */
  readonly metadata: string;
  readonly secrets: readonly OAuthClientSecret[];
  readonly createdAt: number;
  /** Null while it is not disabled. */
  readonly disabledAt: number | null;
  /** How often it was changed: the first is 0. */
  readonly version: number;
}

/** A part of the clients. */
export interface OAuthClientQuery {
  /** Where the page before ended: `id` is that one's `client_id`, and it need not be there. */
  readonly after?: PagePosition;
  readonly limit: number;
}

/** Where the clients of the authorization server are kept. */
export interface OAuthClientStore {
  /** Fails when its id is taken. Durable when the promise resolves. */
  insert(client: OAuthClientRecord): Promise<void>;
  find(clientId: string): Promise<OAuthClientRecord | undefined>;
  /** Newest first, those of one millisecond by falling ids. A store that stops looking early says where ({@link Listed}). */
  list(query: OAuthClientQuery): Promise<Listed<OAuthClientRecord, PagePosition>>;
  /**
   * Keeps a client in place of its version before, which is one less. Of all that change it at the same time, on whatever instance,
   * exactly one does it. When it was made stays as it is.
   *
   * @returns whether it was this call
   */
  replace(client: OAuthClientRecord): Promise<boolean>;
  /** @returns whether it was this call */
  remove(clientId: string): Promise<boolean>;
}

export const OAUTH_CLIENT_STORE = defineStore<OAuthClientStore>('oauthClients', {
  methods: { insert: true, find: true, list: true, replace: true, remove: true },
  // No client has an empty id.
  probe: (store) => store.find(''),
});
