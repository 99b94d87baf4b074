import type { Change, ChangeFeed, ChangeFollower, StopFollowing } from '@portcullis/auth';

/** How often it is said that nothing is missing, in milliseconds. */
const BEAT = 500;

/**
 * Change feeds for several apps in one process, such as they have through a server in production. Each call of what it returns
 * makes one more, which shares its changes with the others.
 *
 * ```ts
 * const feed = memoryFeeds();
 * const apps = [await start({ feed: feed() }), await start({ feed: feed() })];
 * ```
 */
export function memoryFeeds(): () => ChangeFeed {
  const followings = new Set<MemoryFollowing>();
  return () => ({
    publish: async (change) => {
      const text = JSON.stringify(change);
      for (const following of followings) following.deliver(text);
    },
    follow: async (follower) => {
      const following = new MemoryFollowing(follower);
      followings.add(following);
      return () => {
        followings.delete(following);
        return following.stop();
      };
    },
  });
}

/** One follower. It gets changes later and never within `publish`, as copies of its own like from a server. */
class MemoryFollowing {
  readonly #beat: NodeJS.Timeout;
  #stopped = false;

  constructor(private readonly follower: ChangeFollower) {
    this.#beat = setInterval(() => follower.upToDate(), BEAT).unref();
  }

  deliver(text: string): void {
    setImmediate(() => {
      if (!this.#stopped) this.follower.changed(JSON.parse(text) as Change);
    });
  }

  readonly stop: StopFollowing = async () => {
    this.#stopped = true;
    clearInterval(this.#beat);
  };
}
