import type { JsonWebKey } from 'node:crypto';
import { defineStore } from '../options/store-definition.js';
import type { Listed, PagePosition } from '../page-cursor.js';
import type { RequestLimit } from '../rate-limits/request-limit.js';

/** Whom a key speaks for: an application, or the user whose personal token it is. */
export type ApiKeyHolder =
  | { readonly appId: string }
  | {
      /** `iss` of the tokens that the user logs in with. */
      readonly issuer: string;
      /** `sub` of the user. */
      readonly subject: string;
    };

/** What is known of a key besides its holder and its hash. Times are whole milliseconds since the epoch. */
export interface ApiKeyDetails {
  /** The ids that we make are letters and digits of ASCII. */
  readonly id: string;
  /** A name that people recognise. */
  readonly name: string;
  /** Who answers for the key. */
  readonly owner: string | null;
  /** Which tenant its holder belongs to. */
  readonly tenant: string | null;
  /** Whatever the app wants to know of it: a JSON object, whose texts may hold any code unit, U+0000 and lone surrogates too. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly scopes: readonly string[];
  /** The addresses and networks that it may be used from, in canonical CIDR notation. Null: from everywhere; an empty list: from nowhere. */
  readonly networks: readonly string[] | null;
  /** Null: no limit. */
  readonly rateLimit: RequestLimit | null;
  readonly createdAt: number;
  /** The key works from then on. */
  readonly notBefore: number;
  /** The key works before it. Null: it never expires by itself. */
  readonly expiresAt: number | null;
  /** Null while it is not disabled. */
  readonly disabledAt: number | null;
  /** Null while it is not revoked. */
  readonly revokedAt: number | null;
  readonly revokedReason: string | null;
  /** The id of the key that it was rotated to. */
  readonly replacedBy: string | null;
  /** To the minute. */
  readonly lastUsedAt: number | null;
  /** The address that it was last used from. */
  readonly lastUsedFrom: string | null;
}

/** What may be shown of a key after its creation. */
export type ApiKeyInfo = ApiKeyHolder &
  ApiKeyDetails & {
    /** SHA-256 (RFC 7638), base64url, of the public key whose signatures have to come with it. Null: none have to. */
    readonly publicKeyThumbprint: string | null;
  };

/** A key at rest: everything but the key. */
export type ApiKeyRecord = ApiKeyHolder &
  ApiKeyDetails & {
    /** A digest of the whole key, base64url. No two keys have the same. */
    readonly hash: string;
    /**
     * The public key whose signatures have to come with it, as a JWK (RFC 7517): a JSON object of texts. Null: none have to. A store that
     * loses it would let whoever has copied the key use it.
     */
    readonly publicKey: JsonWebKey | null;
  };

/** All keys of a holder, or where a tenant is named those that are of it. */
export type ApiKeysOfHolder = ApiKeyHolder & { readonly tenant?: string };

/** One key, or all keys of a holder. What is there and undefined in it selects nothing. */
export type ApiKeySelection = { readonly id: string } | ApiKeysOfHolder;

/**
 * Whether a key works, and if not, why. What comes first here counts where several apply. A key that is revoked or disabled is so
 * at every time, also at one before it. One that works from its making on is never pending: the instance that made it may have a
 * clock that is a little ahead.
 */
export const API_KEY_STATES = ['revoked', 'expired', 'disabled', 'pending', 'active'] as const;
export type ApiKeyState = (typeof API_KEY_STATES)[number];

/** @param now milliseconds since the epoch */
export function stateOf(
  { revokedAt, expiresAt, disabledAt, notBefore, createdAt }: ApiKeyDetails,
  now: number,
): ApiKeyState {
  if (revokedAt !== null) return 'revoked';
  if (expiresAt !== null && expiresAt <= now) return 'expired';
  if (disabledAt !== null) return 'disabled';
  return now < notBefore && createdAt < notBefore ? 'pending' : 'active';
}

/** Which keys are wanted: those that match everything given, to the letter. What is undefined is not given; an empty text is. */
export interface ApiKeyQuery {
  readonly appId?: string;
  readonly issuer?: string;
  readonly subject?: string;
  readonly owner?: string;
  readonly tenant?: string;
  /** The state, and the time at which it is looked at, in milliseconds since the epoch. */
  readonly state?: { readonly is: ApiKeyState; readonly at: number };
  /** Where the page before ended. The key itself need not be there. */
  readonly after?: Pick<ApiKeyDetails, 'createdAt' | 'id'>;
  /** At most so many of those that match; at least 1. */
  readonly limit: number;
}

/** One use of a key. */
export interface ApiKeyUse {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly from: string;
}

/**
 * Where API keys are kept. Each call happens as a whole or not at all, and concurrent calls end as if they had come one after
 * another: none overwrites what another one changed. Times come from the caller; the store has no clock. When the store is down,
 * keys that are not cached are answered with 503, never with 401, and no key is let in unchecked.
 */
export interface ApiKeyStore {
  /**
   * Keeps a new key. Neither ids nor hashes ever repeat.
   *
   * @throws Error when there is a key with the id or the hash, in whatever state; it stays as it is
   */
  insert(record: ApiKeyRecord): Promise<void>;
  /** One indexed read. */
  findById(id: string): Promise<ApiKeyRecord | undefined>;
  /** One indexed read; only for keys of a foreign form, which hold no id. */
  findByHash(hash: string): Promise<ApiKeyRecord | undefined>;
  /**
   * The keys that match, newest first; of the same time, the greatest id first (by code units, as SQL's collations C and BINARY). Where
   * it would have to look through very many, it may stop before it has as many as are wanted, and says where.
   */
  list(query: ApiKeyQuery): Promise<Listed<ApiKeyRecord, PagePosition>>;
  /**
   * Revokes what isn't revoked yet, for ever, whatever else its state is. Of concurrent calls, exactly one gets each key. A
   * successor that is put in a key's place meanwhile never escapes the revocation of its holder's keys: either it is revoked, or
   * its replacement fails. Of a holder's very many keys a call may revoke a part only: whoever means all of them calls until there
   * are none left.
   *
   * @param at milliseconds since the epoch
   * @returns the keys that this call has revoked, as they are now, in no particular order
   */
  revoke(selection: ApiKeySelection, at: number, reason: string | null): Promise<readonly ApiKeyRecord[]>;
  /**
   * Disables a key, or enables it again, unless it is revoked or is so already. A key that is expired, pending or replaced can be
   * disabled as well. Of concurrent calls, exactly one gets the key.
   *
   * @param at milliseconds since the epoch, or null to enable
   * @returns the key as it is now, if this call has changed it; the time of a key that is disabled already stays
   */
  setDisabled(id: string, at: number | null): Promise<ApiKeyRecord | undefined>;
  /**
   * Puts a successor in a key's place: keeps the new key, and lets the old one expire at the given time or sooner. Only a key
   * that is neither revoked, expired, disabled nor replaced has a successor, so of concurrent calls exactly one succeeds. The
   * successor of a failed call is not kept.
   *
   * @param at now, in milliseconds since the epoch
   * @param expiresAt milliseconds since the epoch
   * @returns whether the successor is in the key's place now
   * @throws Error when there is a key with the successor's id or hash; the old key stays as it is
   */
  replace(id: string, successor: ApiKeyRecord, at: number, expiresAt: number): Promise<boolean>;
  /**
   * Puts another digest in the place of one, if that is still there; the old one then finds nothing.
   *
   * @throws Error when another key has it; both stay as they are
   */
  rehash(id: string, from: string, to: string): Promise<void>;
  /**
   * Notes uses, of keys in whatever state. One that is no newer than what is known, or of a key that isn't there, changes nothing
   * and keeps nothing else from being noted; of several uses of one key the latest counts. There may be tens of thousands, or none.
   */
  recordUses(uses: readonly ApiKeyUse[]): Promise<void>;
}

export const API_KEY_STORE = defineStore<ApiKeyStore>('apiKeys', {
  methods: {
    insert: true,
    findById: true,
    findByHash: true,
    list: true,
    revoke: true,
    setDisabled: true,
    replace: true,
    rehash: true,
    recordUses: true,
  },
  probe: (store) => store.findById('health'),
});
