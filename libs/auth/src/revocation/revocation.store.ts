import { defineStore } from '../options/store-definition.js';
import type { OpenTransaction } from '../replication/change-feed.js';

/** What a revocation names: one token, or everything that a session, a user or a client was issued, or that the issuer has issued. */
export type RevocationTarget =
  | {
      readonly type: 'token';
      /** `jti`. */
      readonly tokenId: string;
    }
  | {
      readonly type: 'session';
      /** `sid`. */
      readonly sessionId: string;
    }
  | {
      readonly type: 'user';
      /** `sub`. */
      readonly subject: string;
      /** Tokens with `iat` at or before this are refused; seconds since the epoch, as `iat` is. */
      readonly issuedUntil: number;
    }
  | {
      readonly type: 'logins';
      /** `sub` of who has to begin anew where a login was under way, or waits for another factor. Sessions go on. */
      readonly subject: string;
      /** Logins that had begun by this are refused; seconds since the epoch. */
      readonly issuedUntil: number;
    }
  | {
      readonly type: 'client';
      /** `client_id`. */
      readonly clientId: string;
      /** Tokens with `iat` at or before this are refused; seconds since the epoch, as `iat` is. */
      readonly issuedUntil: number;
    }
  | {
      readonly type: 'issuer';
      /** Tokens with `iat` at or before this are refused, and personal tokens made by then; seconds since the epoch. */
      readonly issuedUntil: number;
    };

/** What there is to know of a revocation to refuse what it names. */
export type KnownRevocation = RevocationTarget & {
  readonly id: string;
  /** `iss` of the tokens: `jti`, `sid`, `sub` and `client_id` mean something only together with it. */
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly revokedAt: number;
  /** When the last token that it could match has expired; milliseconds since the epoch. */
  readonly expiresAt: number;
};

/** A decision to refuse tokens that would still verify. */
export type Revocation = KnownRevocation & {
  /** Why, for the operator. */
  readonly reason: string;
};

/** Where one stands in the order of {@link RevocationStore.findSince}. */
export type RevocationPlace = Pick<KnownRevocation, 'revokedAt' | 'id'>;

/** Revocations that lie side by side, for whoever may know them. */
export interface RevocationPage {
  /** Of all that is known of them, by SHA-256 or as strong: no other revocations have the same. */
  readonly digest: string;
  revocations(): readonly KnownRevocation[];
}

/**
 * Where revocations are kept. They are answered from memory on a request, so the store is read at boot and
 * written when something changes; when it is down, changes fail and existing revocations go on.
 */
export interface RevocationStore {
  /**
   * Keeps revocations: all of them, or it fails. They are durable when the promise resolves.
   *
   * @param transaction which they take effect with, where a change feed in the same database has begun one; any other store ignores it
   */
  save(revocations: readonly Revocation[], transaction?: OpenTransaction): Promise<void>;
  /**
   * Those with `revokedAt` at or after a time (milliseconds since the epoch), in that order, and those of one millisecond in any order,
   * always the same. Those that are over are among them until they are forgotten: to leave them out would mean to walk over them, and
   * there may be many. Reasons may be left out: there may be a million of them, of pages each.
   *
   * @param limit how many at most
   * @param after the last of the page before
   */
  findSince(time: number, limit: number, after?: RevocationPlace): Promise<readonly KnownRevocation[]>;
  /**
   * What {@link findSince} finds behind a place, and up to another. With it, who reads a million again takes apart only what is new to it;
   * a store without it has all of them read each time.
   *
   * @param limit how many at most
   * @param after is not among them
   * @param until is, where it is kept; no end by default
   * @param known the digest that they had before: where they still have it, their revocations may be left out
   */
  findPage?(
    limit: number,
    after: RevocationPlace,
    until?: RevocationPlace,
    known?: string,
  ): Promise<RevocationPage>;
  /** Forgets revocations with `expiresAt` at or before the given time (milliseconds since the epoch). */
  forgetExpiredBefore(time: number): Promise<void>;
}

export const REVOCATION_STORE = defineStore<RevocationStore>('revocations', {
  methods: {
    save: true,
    findSince: true,
    forgetExpiredBefore: true,
  },
  optional: { findPage: true },
  // Of those made after every clock there are none.
  probe: (store) => store.findSince(Number.MAX_SAFE_INTEGER, 1),
});
