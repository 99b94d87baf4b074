/** An API key at rest: everything but the key. */
export interface ApiKeyRecord {
  readonly id: string;
  /** The application that the key belongs to. */
  readonly appId: string;
  /** The application's or the key's name as people know it. */
  readonly name: string;
  readonly scopes: readonly string[];
  /** SHA-256 of the whole key, base64url. */
  readonly hash: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Milliseconds since the epoch; the key works before it. Null: until it is revoked. */
  readonly expiresAt: number | null;
  /** Milliseconds since the epoch; null while it is not revoked. */
  readonly revokedAt: number | null;
}

/**
 * Where API keys are kept. When it is down, keys that are not cached are answered with 503, never with
 * 401, and no key is let in unchecked.
 */
export interface ApiKeyStore {
  /** Keeps a new key. Ids never repeat. */
  insert(record: ApiKeyRecord): Promise<void>;
  /** One indexed read. */
  findById(id: string): Promise<ApiKeyRecord | undefined>;
  /** Every key, newest first. */
  list(): Promise<readonly ApiKeyRecord[]>;
  /**
   * Marks a key as revoked, for ever. Of concurrent calls for one id, exactly one gets `true`.
   *
   * @param revokedAt milliseconds since the epoch
   * @returns false when there is no such key or it was revoked before
   */
  revoke(id: string, revokedAt: number): Promise<boolean>;
}
