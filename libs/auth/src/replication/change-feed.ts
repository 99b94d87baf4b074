/**
 * What one instance publishes to the others. Each may come twice, or after a later one: what is only named is read again from
 * the store, and what is published in full is only ever added. A change feed carries it as it is, whatever its kind: only its
 * definition reads it.
 */
export interface Change {
  readonly kind: string;
  /** What JSON knows. */
  readonly [fact: string]: unknown;
}

/** What a change feed delivers to its followers. None of its methods throws, and none makes the feed wait. */
export interface ChangeFollower {
  /** A change, own ones too, at least once. */
  changed(change: Change): void;
  /** Changes may have been missed (the feed was trimmed, or its server has lost its data): everything is to be read again. */
  missed(): void;
  /**
   * Nothing is known to be missing. Delivered at least once a second for as long as that holds.
   *
   * @param asOf when the server was asked, by `performance.now()`; now by default. An answer may lie about for long until it is read.
   */
  upToDate(asOf?: number): void;
}

/** A transaction that a change feed has begun, for stores in the same database. Only they know what it is. */
export type OpenTransaction = object;

/** Ends following; resolves when nothing more will be delivered. */
export type StopFollowing = () => Promise<void>;

/**
 * The ordered stream of changes that keeps the replicas of all instances equal. It holds on to changes for a while, so that an
 * instance that lost its connection can catch up.
 */
export interface ChangeFeed {
  /**
   * Publishes a change to all instances. Once the promise has resolved it will be delivered to whoever follows, whatever happens
   * to this process.
   *
   * @throws Error when that can't be promised; the change may be delivered all the same
   */
  publish(change: Change): Promise<void>;
  /**
   * Publishes changes together with what they tell of, where stores are in the same database: both take effect, or neither does, also
   * when the process dies in between.
   *
   * @param keep keeps it by stores that are given the transaction; may be called again when the transaction is
   * @throws Error when that can't be promised; both may have taken effect all the same
   */
  publishWith?(
    changes: readonly Change[],
    keep: (transaction: OpenTransaction) => Promise<void>,
  ): Promise<void>;
  /**
   * Delivers every change that is published after the promise has resolved. A lost connection is made again, for as long as it
   * takes; what was published meanwhile is delivered then, or else `missed` is called.
   *
   * @throws Error when the feed can't be reached at all
   */
  follow(follower: ChangeFollower): Promise<StopFollowing>;
  /**
   * The time by a clock that all instances share, such as the server's, in milliseconds since the epoch. Without it each goes by its own.
   *
   * @throws Error when the clock can't be read
   */
  now?(): Promise<number>;
}
