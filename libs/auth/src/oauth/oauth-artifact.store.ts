import { defineStore } from '../options/store-definition.js';

/** One thing that the authorization server keeps. */
export interface OAuthArtifactKey {
  /** What it is: `AuthorizationCode`, `RefreshToken`, `Grant`, `Session` and so on. */
  readonly model: string;
  /** A digest of its id: whoever has the id of a code or a token can use it. */
  readonly idHash: string;
}

/** What the authorization server gives out, or remembers between two requests. Times are milliseconds since the epoch. */
export interface OAuthArtifactRecord extends OAuthArtifactKey {
  /** `iss` of the tokens: the server's own. */
  readonly issuer: string;
  /** What the server knows of it, sealed. */
  readonly payload: string;
  /** What it came of, and what it ends with; of a grant its own id. Not secret. */
  readonly grantId: string | null;
  /** A digest of what a browser's login at the server is found by besides its id. */
  readonly uidHash: string | null;
  /** A digest, under a key, of what somebody types who lets a device in: of the codes that were not ended, no two have the same. */
  readonly userCodeHash: string | null;
  readonly clientId: string | null;
  readonly subject: string | null;
  /** `sid` of the login that it ends with. */
  readonly sessionId: string | null;
  readonly createdAt: number;
  /** When it was used, where it may be used once; it stays until its end, so that a second use is seen. */
  readonly consumedAt: number | null;
  readonly expiresAt: number;
}

/** What is kept anew; whether it was used is not the caller's to say. */
export type OAuthArtifact = Omit<OAuthArtifactRecord, 'consumedAt'>;

/** Which artifacts; those of a client or a user that were made by a time, if one is given. What is there and undefined in it selects nothing. */
export type OAuthArtifactSelection =
  | { readonly issuer: string; readonly grantId: string }
  | { readonly issuer: string; readonly sessionId: string }
  | ({ readonly issuer: string; readonly clientId: string; readonly subject?: string } & MadeBy)
  | ({ readonly issuer: string; readonly subject: string } & MadeBy);

interface MadeBy {
  /** Only those with `createdAt` at or before this; milliseconds since the epoch. */
  readonly madeBy?: number;
}

/** What one call has ended. */
export interface EndedOAuthArtifacts {
  readonly count: number;
  /** Of what they came of, each once: access tokens that say so are to be refused as well. */
  readonly grantIds: readonly string[];
}

/**
 * Where the authorization server keeps what it gives out. Nothing of it opens anything: ids are digests, and the rest is sealed. What has
 * ended is never found again, and never comes back: whoever has read it before, and keeps it again, keeps nothing.
 */
export interface OAuthArtifactStore {
  /**
   * Keeps something new, or in place of what is there under its key: when that was made, and whether it was used, stays as it is. Durable when
   * the promise resolves. Fails when its user code is another one's.
   *
   * @returns false where it has ended: then nothing was kept
   */
  upsert(artifact: OAuthArtifact): Promise<boolean>;
  /** Used or not; also one that is over, until it is forgotten. */
  find(key: OAuthArtifactKey): Promise<OAuthArtifactRecord | undefined>;
  /** The newest one. */
  findByUid(model: string, uidHash: string): Promise<OAuthArtifactRecord | undefined>;
  findByUserCode(model: string, userCodeHash: string): Promise<OAuthArtifactRecord | undefined>;
  /**
   * Uses up what is neither used nor over nor ended. Of all that ask at the same time, on whatever instance, exactly one does it.
   *
   * @returns whether it was this call
   */
  consume(key: OAuthArtifactKey, at: number): Promise<boolean>;
  /** Ends one. Durable when the promise resolves. @returns whether it was this call */
  end(key: OAuthArtifactKey): Promise<boolean>;
  /** What those came of that are selected and have not ended, each once; of more than a thousand any thousand. */
  grantsOf(which: OAuthArtifactSelection): Promise<readonly string[]>;
  /**
   * Ends those that are selected, at most a thousand in one call: whoever wants all of them calls until none is left. Durable when the
   * promise resolves.
   */
  revoke(which: OAuthArtifactSelection): Promise<EndedOAuthArtifacts>;
  /** Forgets those with `expiresAt` at or before the given time (milliseconds since the epoch), ended or not. */
  forgetExpiredBefore(time: number): Promise<void>;
}

export const OAUTH_ARTIFACT_STORE = defineStore<OAuthArtifactStore>('oauthArtifacts', {
  methods: {
    upsert: true,
    find: true,
    findByUid: true,
    findByUserCode: true,
    consume: true,
    end: true,
    grantsOf: true,
    revoke: true,
    forgetExpiredBefore: true,
  },
  // Nothing has an empty id.
  probe: (store) => store.find({ model: '', idHash: '' }),
});
