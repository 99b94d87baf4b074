import { defineStore } from '../options/store-definition.js';

/** Whose links they are. */
export interface AccountLinkOwner {
  /** `iss` of the user's tokens: this app's own issuer. */
  readonly issuer: string;
  /** `sub`. */
  readonly subject: string;
}

/** Somebody as another issuer knows them: by what it never gives to anybody else, and never by an e-mail address. */
export interface UpstreamIdentity {
  /** `iss` of its ID tokens, or what its logins are known by where it has none. */
  readonly iss: string;
  readonly sub: string;
}

/** That an account is somebody whom another issuer knows. Times are milliseconds since the epoch. */
export interface AccountLinkRecord extends AccountLinkOwner {
  /** What this app calls the other issuer; an account has one link of each. */
  readonly provider: string;
  readonly upstream: UpstreamIdentity;
  /** What its user is called there, to be told apart from others by; it proves nobody. */
  readonly name: string | null;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
}

/** Where it is kept who somebody of another issuer is here. */
export interface AccountLinkStore {
  /**
   * Keeps a new link, unless the account has one of this provider, or somebody is linked to this identity already, in this app. Of all
   * that ask at the same time, on whatever instance, exactly one does it. Durable when the promise resolves.
   *
   * @returns whether it was this call
   */
  insert(link: AccountLinkRecord): Promise<boolean>;
  /** Who somebody of another issuer is here. @param issuer this app's own */
  find(issuer: string, upstream: UpstreamIdentity): Promise<AccountLinkRecord | undefined>;
  /** All of an account, oldest first, those of one millisecond by their providers' names. */
  list(owner: AccountLinkOwner): Promise<readonly AccountLinkRecord[]>;
  /** Notes that a link was used, never at an earlier time than it was already. */
  noteUse(owner: AccountLinkOwner, provider: string, at: number): Promise<void>;
  /**
   * Removes the link of a provider.
   *
   * @param keepOneOf the providers of which the account has to keep one: its last link among them is not removed, also when two are at once
   * @returns the link that was removed by this call
   */
  remove(
    owner: AccountLinkOwner,
    provider: string,
    keepOneOf: readonly string[],
  ): Promise<AccountLinkRecord | undefined>;
}

export const ACCOUNT_LINK_STORE = defineStore<AccountLinkStore>('accountLinks', {
  methods: { insert: true, find: true, list: true, noteUse: true, remove: true },
  // Nobody has an empty issuer.
  probe: (store) => store.find('', { iss: '', sub: '' }),
});
