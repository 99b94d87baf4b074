import type { Change, ChangeFeed, ChangeFollower } from '@portcullis/auth';
import { checksOf, type Defects } from './broken-stores.js';
import { changeFeedContract, memoryFeeds, type SharedFeeds } from './index.js';

type Delivery = (follower: ChangeFollower) => Partial<ChangeFollower>;

/** A change feed that delivers something else to its followers. */
function delivering(feed: ChangeFeed, delivery: Delivery): ChangeFeed {
  return {
    publish: (change) => feed.publish(change),
    follow: (follower) =>
      feed.follow({
        changed: (change) => follower.changed(change),
        missed: () => follower.missed(),
        upToDate: () => follower.upToDate(),
        ...delivery(follower),
      }),
  };
}

const bothDeliver = ({ feed, another }: SharedFeeds, delivery: Delivery): SharedFeeds => ({
  feed: delivering(feed, delivery),
  another: delivering(another, delivery),
});

/** Change feeds that publish something else. */
function publishing({ feed, another }: SharedFeeds, published: (change: Change) => Change): SharedFeeds {
  const spoilt = (sound: ChangeFeed): ChangeFeed => ({
    publish: (change) => sound.publish(published(change)),
    follow: (follower) => sound.follow(follower),
  });
  return { feed: spoilt(feed), another: spoilt(another) };
}

/** Change feeds that spoil the texts of a change. */
const spelling = (feeds: SharedFeeds, spell: (text: string) => string): SharedFeeds =>
  publishing(feeds, (change) =>
    Array.isArray(change.networks) ? { ...change, networks: change.networks.map(spell) } : change,
  );

/** A change feed of its own, which shares nothing. */
const alone = (): ChangeFeed => memoryFeeds()();

const without = (kind: Change['kind']) => (feeds: SharedFeeds) =>
  bothDeliver(feeds, (follower) => ({
    changed: (change) => (change.kind === kind ? follower.missed() : follower.changed(change)),
  }));

const brokenFeeds: Defects<SharedFeeds> = {
  'delivers to another instance what is published': () => ({ another: alone() }),
  'delivers to an instance its own changes': ({ another }) => ({
    feed: { publish: (change) => another.publish(change), follow: () => alone().follow(silent) },
  }),
  'delivers to every follower of one instance': ({ feed }) => {
    let followers = 0;
    return {
      feed: {
        publish: (change) => feed.publish(change),
        follow: (follower) => feed.follow(++followers === 2 ? silent : follower),
      },
    };
  },
  'delivers changes of every kind as they were published': [
    without('revocation'),
    without('parcels'),
    (feeds) =>
      publishing(feeds, (change) =>
        change.kind === 'revocation'
          ? { ...change, revocation: { ...(change.revocation as object), revokedAt: 2 } }
          : change,
      ),
  ],
  'delivers texts to the letter, however odd': [
    (feeds) => spelling(feeds, (text) => text.replaceAll('\0', '')),
    (feeds) => spelling(feeds, (text) => Buffer.from(text).toString()),
    (feeds) => spelling(feeds, (text) => text.normalize()),
  ],
  'delivers a change of thousands of networks': (feeds) =>
    publishing(feeds, (change) =>
      Array.isArray(change.networks) ? { ...change, networks: change.networks.slice(0, 1_000) } : change,
    ),
  'delivers in order': (feeds) => {
    let held: Change | undefined;
    return bothDeliver(feeds, (follower) => ({
      changed: (change) => {
        const [id] = (change.ids ?? []) as string[];
        if (id === '7') held = change;
        else follower.changed(change);
        if (id === '8' && held) follower.changed(held);
      },
    }));
  },
  'delivers everything from the moment that following began': ({ another }) => ({
    another: {
      publish: (change) => another.publish(change),
      follow: async (follower) => {
        setTimeout(() => void another.follow(follower), 20).unref();
        return async () => {};
      },
    },
  }),
  'delivers nothing of what was published before': ({ feed, another }) => {
    const kept: Change[] = [];
    return {
      feed: {
        publish: (change) => {
          kept.push(change);
          return feed.publish(change);
        },
        follow: (follower) => feed.follow(follower),
      },
      another: {
        publish: (change) => another.publish(change),
        follow: (follower) => {
          for (const change of kept) follower.changed(change);
          return another.follow(follower);
        },
      },
    };
  },
  'delivers each of a thousand changes that are published at once': (feeds) =>
    bothDeliver(feeds, (follower) => {
      let delivered = 0;
      return { changed: (change) => (++delivered === 900 ? undefined : follower.changed(change)) };
    }),
  'gives copies: what a follower does to its change reaches no other': ({ feed }) => {
    const followers = new Set<ChangeFollower>();
    return {
      feed: {
        publish: async (change) => {
          for (const follower of followers) follower.changed(change);
        },
        follow: async (follower) => {
          followers.add(follower);
          return feed.follow(silent);
        },
      },
    };
  },
  'delivers nothing more once following has ended': [
    ({ feed }) => ({
      feed: {
        publish: (change) => feed.publish(change),
        follow: async (follower) => {
          await feed.follow(follower);
          return async () => {};
        },
      },
    }),
    ({ feed }) => ({
      feed: {
        publish: (change) => feed.publish(change),
        follow: async (follower) => {
          const stop = await feed.follow(follower);
          const beat = setInterval(() => follower.upToDate(), 300).unref();
          void beat;
          return stop;
        },
      },
    }),
  ],
  'ends following though it is asked to twice': ({ feed }) => ({
    feed: {
      publish: (change) => feed.publish(change),
      follow: async (follower) => {
        const stop = await feed.follow(follower);
        let stopped = false;
        return async () => {
          if (stopped) throw new Error('It has ended already');
          stopped = true;
          await stop();
        };
      },
    },
  }),
  'goes on delivering to others when one has ended': ({ feed }) => {
    const stops: (() => Promise<void>)[] = [];
    return {
      feed: {
        publish: (change) => feed.publish(change),
        follow: async (follower) => {
          stops.push(await feed.follow(follower));
          return async () => void (await Promise.all(stops.map((stop) => stop())));
        },
      },
    };
  },
  'says again and again, at least about once a second, that nothing is missing': [
    (feeds) => bothDeliver(feeds, () => ({ upToDate: () => {} })),
    (feeds) =>
      bothDeliver(feeds, (follower) => {
        let beats = 0;
        return { upToDate: () => (beats++ % 4 === 0 ? follower.upToDate() : undefined) };
      }),
  ],
  'says that nothing is missing while much is published': (feeds) =>
    bothDeliver(feeds, (follower) => {
      let changes = 0;
      return {
        changed: (change) => {
          changes++;
          follower.changed(change);
        },
        upToDate: () => (changes === 0 ? follower.upToDate() : undefined),
      };
    }),
  'does not say that anything was missed as long as nothing is': (feeds) =>
    bothDeliver(feeds, (follower) => ({
      upToDate: () => {
        follower.missed();
        follower.upToDate();
      },
    })),
};

const silent: ChangeFollower = { changed: () => {}, missed: () => {}, upToDate: () => {} };

function sound(): SharedFeeds {
  const next = memoryFeeds();
  return { feed: next(), another: next() };
}

describe('the contract of change feeds', () => {
  const checks = checksOf(sound, changeFeedContract, brokenFeeds);
  it.concurrent.each(checks)('$name', ({ verify }) => verify(), 30_000);
});

describe('memoryFeeds', () => {
  it.concurrent.each(changeFeedContract)('$name', ({ verify }) => verify(sound()));
});
