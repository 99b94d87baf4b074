import { defineStore } from '../options/store-definition.js';

/** Who has let whom do something. */
export interface OAuthConsentKey {
  /** `iss` of the tokens: the server's own. */
  readonly issuer: string;
  /** `sub`. */
  readonly subject: string;
  readonly clientId: string;
}

/** What a user lets a client do. Each login at the client may have a grant of its own under it. Times are milliseconds since the epoch. */
export interface OAuthConsentRecord extends OAuthConsentKey {
  /** By the API that they are for; under the empty text what is asked of the server itself, such as `openid`. */
  readonly scopes: Readonly<Record<string, readonly string[]>>;
  /** When they agreed first. */
  readonly createdAt: number;
  /** When they agreed last. */
  readonly updatedAt: number;
  /** Null: until it is withdrawn. */
  readonly expiresAt: number | null;
}

/** Which consents: one, all of a user, or all to a client. What is there and undefined in it selects nothing. */
export type OAuthConsentSelection = { readonly issuer: string } & (
  | { readonly subject: string; readonly clientId?: string }
  | { readonly clientId: string }
);

/** A part of a user's consents. */
export interface OAuthConsentQuery {
  readonly issuer: string;
  readonly subject: string;
  /** The client of the last one of the page before. */
  readonly after?: string;
  readonly limit: number;
}

/** Where it is kept what users have agreed to. */
export interface OAuthConsentStore {
  /** Keeps a consent, in place of one that is there; when that was made stays as it is. Durable when the promise resolves. */
  keep(consent: OAuthConsentRecord): Promise<void>;
  /** Also one that is over, until it is forgotten. */
  find(key: OAuthConsentKey): Promise<OAuthConsentRecord | undefined>;
  /** By rising ids of clients. */
  list(query: OAuthConsentQuery): Promise<readonly OAuthConsentRecord[]>;
  /**
   * Removes consents, at most a thousand in one call: whoever wants all of them calls until none is left. Of all that remove one at the same
   * time exactly one does it.
   *
   * @returns those that this call has removed
   */
  withdraw(which: OAuthConsentSelection): Promise<readonly OAuthConsentKey[]>;
  /** Forgets consents with `expiresAt` at or before the given time (milliseconds since the epoch). */
  forgetExpiredBefore(time: number): Promise<void>;
}

export const OAUTH_CONSENT_STORE = defineStore<OAuthConsentStore>('oauthConsents', {
  methods: { keep: true, find: true, list: true, withdraw: true, forgetExpiredBefore: true },
  // Nobody has an empty issuer.
  probe: (store) => store.find({ issuer: '', subject: '', clientId: '' }),
});
