import type { Confirmation } from '../identity/confirmation.js';
import { defineStore } from '../options/store-definition.js';
import type { Listed, PagePosition } from '../page-cursor.js';
import type { RequestLimit } from '../rate-limits/request-limit.js';

/** What whoever refreshes has to prove: the thumbprint of a DPoP key (RFC 9449), or of a certificate (RFC 8705). */
export type SessionBinding = Confirmation;

/** Who has vouched for the user, where that was somebody else. */
export interface UpstreamLogin {
  readonly iss: string;
  readonly sub: string;
  readonly sid?: string;
}

/** Logins elsewhere: those of somebody, or of one session there, by whichever of the two names is known. */
export type UpstreamSelection = UpstreamLogin | (Pick<UpstreamLogin, 'iss'> & { readonly sid: string });

/** How somebody has logged in (OpenID Connect Core section 2, RFC 8176). */
export interface LoginProof {
  /** Milliseconds since the epoch. */
  readonly authTime: number;
  /** How strong it is, by a name of the app's own; null where it has none. */
  readonly acr: string | null;
  /** By what: `pwd`, `otp`, `hwk` and so on. */
  readonly amr: readonly string[];
}

/** A login on one device. Times are milliseconds since the epoch. `authTime`, `acr` and `amr` are those of the login that it began with. */
export interface SessionRecord extends LoginProof {
  /** `sid` of its access tokens; not secret. */
  readonly id: string;
  /** `iss` of its access tokens. */
  readonly issuer: string;
  readonly subject: string;
  readonly clientId: string;
  /** What its tokens may be used for at most. */
  readonly scopes: readonly string[];
  readonly createdAt: number;
  /** Of the secret that all its refresh tokens hold. */
  readonly secretHash: string;
  /** That of the newest refresh token; the first is 0. */
  readonly generation: number;
  /** When the newest refresh token took the place of the one before; of the first, when it was made. */
  readonly rotatedAt: number;
  /** How often it was refreshed within the window that it was last refreshed in, by whichever token. */
  readonly refreshes: number;
  /** When that window began. */
  readonly refreshesSince: number;
  readonly lastUsedAt: number;
  /** The address, in canonical form; null where it is not known, or forgotten. */
  readonly lastUsedFrom: string | null;
  /** What people call the device. */
  readonly device: string | null;
  readonly binding: SessionBinding | null;
  readonly upstream: UpstreamLogin | null;
  /** What its user has proven since, the last time; null where that is nothing. It counts for `sessions.raisedSeconds`. */
  readonly raised: LoginProof | null;
  /** When it ends unless it is used; never later than `expiresAt`. */
  readonly idleExpiresAt: number;
  /** When it ends in any case. */
  readonly expiresAt: number;
  readonly endedAt: number | null;
  readonly endedReason: string | null;
}

/** A refresh, as it is counted. */
export interface CountedRefresh {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /**
   * How often at most. A window begins with the first refresh that comes `windowSeconds` after the beginning of the one before, or before
   * it by as much: clocks differ, and one that was set back must not stop a session for long.
   */
  readonly limit: RequestLimit;
}

/** One use of the newest refresh token. */
export interface SessionUse extends CountedRefresh {
  /** The address, in canonical form. */
  readonly from: string | null;
  /** When the session now ends unless it is used; `expiresAt` where that comes first. */
  readonly idleExpiresAt: number;
}

/** Which sessions; those of a user, a client or a login elsewhere that had begun by a time, if one is given. */
export type SessionSelection =
  | { readonly id: string }
  | ({ readonly issuer: string; readonly subject: string; readonly except?: string } & BegunBy)
  | ({ readonly issuer: string; readonly clientId: string } & BegunBy)
  | ({ readonly upstream: UpstreamSelection; readonly except?: string } & BegunBy);

interface BegunBy {
  /** Only those with `createdAt` at or before this; milliseconds since the epoch. */
  readonly begunBy?: number;
}

/** Whose sessions. */
export interface SessionOwner {
  readonly issuer: string;
  readonly subject: string;
}

/** A part of a user's sessions. */
export interface SessionQuery extends SessionOwner {
  /** Only those that go on at this time, in milliseconds since the epoch; by default those that are over as well. */
  readonly liveAt?: number;
  /** The last one of the page before. */
  readonly after?: PagePosition;
  readonly limit: number;
}

/** What one call has ended. */
export interface EndedSessions extends ReadonlyArray<SessionRecord> {
  /** Whether none is left that was selected. Where a store does not say so, it is asked again until there is none. */
  readonly isAll?: boolean;
}

/** For stores: what they have ended, and whether that was all. */
export function endedSessions(sessions: readonly SessionRecord[], isAll: boolean): EndedSessions {
  // Not enumerable: it is compared and printed as the list that it is.
  return Object.defineProperty([...sessions], 'isAll', { value: isAll });
}

/** Where sessions are kept. Nothing of it is a refresh token, and none can be made of it. */
export interface SessionStore {
  /** Keeps a new session. Fails when its id is taken. Durable when the promise resolves. */
  insert(session: SessionRecord): Promise<void>;
  find(id: string): Promise<SessionRecord | undefined>;
  /** Newest first, those of one millisecond by falling ids. A store that stops looking early says where ({@link Listed}). */
  list(query: SessionQuery): Promise<Listed<SessionRecord, PagePosition>>;
  /**
   * Goes on to the next generation, and counts that: if the session is in this generation, has not ended, is not over at that time and was
   * not refreshed too often. Of all that ask at the same time, on whatever instance, exactly one does it.
   *
   * @returns the session as it is now; undefined where nothing was done
   */
  rotate(id: string, generation: number, use: SessionUse): Promise<SessionRecord | undefined>;
  /**
   * Counts a refresh that stays in its generation: if the session has not ended, is not over at that time and was not refreshed too often.
   *
   * @returns the session as it is now; undefined where nothing was done
   */
  countRefresh(id: string, refresh: CountedRefresh): Promise<SessionRecord | undefined>;
  /**
   * Notes what its user has proven once more, in place of what was noted so before: if the session has not ended, and is not over at
   * `authTime` of that. The login that it began with stays what it was.
   *
   * @returns whether that is noted
   */
  raise(id: string, raised: LoginProof): Promise<boolean>;
  /**
   * Ends sessions that have not ended, at most a thousand in one call: whoever wants all of them calls until {@link EndedSessions.isAll}, or none is left.
   * Durable when the promise resolves. From then on they are unsettled.
   *
   * @returns those that this call has ended, as they are now
   */
  end(which: SessionSelection, at: number, reason: string): Promise<EndedSessions>;
  /** The ids of a user's sessions that have ended after a time (milliseconds since the epoch); of very many perhaps only those of the newest thousand. */
  endedSince(user: SessionOwner, time: number): Promise<readonly string[]>;
  /** Sessions that have ended at or before a time (milliseconds since the epoch) and are unsettled, those that ended first before others. */
  unsettled(endedBy: number, limit: number): Promise<readonly SessionRecord[]>;
  /** Notes that all is done that the end of these sessions asks for; those that are forgotten are passed over. */
  settle(ids: readonly string[]): Promise<void>;
  /** Forgets sessions with `idleExpiresAt` at or before the given time (milliseconds since the epoch), ended or not. */
  forgetExpiredBefore(time: number): Promise<void>;
  /** Forgets the address of each session with `lastUsedAt` at or before the given time (milliseconds since the epoch), and nothing else of it. */
  forgetAddressesBefore(time: number): Promise<void>;
}

export const SESSION_STORE = defineStore<SessionStore>('sessions', {
  methods: {
    insert: true,
    find: true,
    list: true,
    rotate: true,
    countRefresh: true,
    raise: true,
    end: true,
    endedSince: true,
    unsettled: true,
    settle: true,
    forgetExpiredBefore: true,
    forgetAddressesBefore: true,
  },
  // No session has an empty id.
  probe: (store) => store.find(''),
});
