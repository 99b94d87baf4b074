import {
  endedSessions,
  MemorySessionStore,
  type SessionRecord,
  type SessionSelection,
  type SessionStore,
} from '@portcullis/auth';
import { checksOf, type Defects, pause } from './broken-stores.js';
import { sessionStoreContract } from './index.js';
import { NOW, USE } from './session-samples.js';

const NONE = { requests: 1_000_000, windowSeconds: 60 };
const FOR_EVER = { requests: 3, windowSeconds: 1_000_000 };

/** As whatever reads, decides and writes back. */
function hasty(sound: SessionStore): Partial<SessionStore> {
  const generations = new Map<string, number>();
  return {
    rotate: async (id, generation, use) => {
      const session = await sound.find(id);
      const present = generations.get(id) ?? session?.generation;
      await pause();
      if (session === undefined || present !== generation) return undefined;
      generations.set(id, generation + 1);
      await sound.rotate(id, generation, use);
      return { ...session, generation: generation + 1 };
    },
  };
}

/** Ends more or other sessions than it was told to. */
const endingAs = (change: (which: SessionSelection) => SessionSelection) => (sound: SessionStore) => ({
  end: (which: SessionSelection, at: number, reason: string) => sound.end(change(which), at, reason),
});

const without =
  (...names: string[]) =>
  (which: SessionSelection) =>
    Object.fromEntries(Object.entries(which).filter(([name]) => !names.includes(name))) as SessionSelection;

const broken: Defects<SessionStore> = {
  'keeps sessions as they were inserted': [
    (sound) => ({ insert: (session) => sound.insert({ ...session, binding: null }) }),
    (sound) => ({ insert: (session) => sound.insert({ ...session, generation: 0 }) }),
    (sound) => ({ find: async (id) => (await sound.find(id)) ?? (await sound.find('s1')) }),
  ],
  'fails for an id that is taken, and leaves the session as it is': (sound) => ({
    insert: (session) => sound.insert(session).catch(() => undefined),
  }),
  'keeps odd texts apart and as they are': (sound) => ({
    insert: (session) => sound.insert({ ...session, subject: session.subject.trim() }),
    list: (query) => sound.list({ ...query, subject: query.subject.trim() }),
  }),
  'hands out what nobody can change it by': () => {
    const sessions = new Map<string, SessionRecord>();
    return {
      insert: async (session) => void sessions.set(session.id, session),
      find: async (id) => sessions.get(id),
    };
  },
  'lists those of a user of an issuer, newest first, page by page': [
    (sound) => ({ list: async (query) => [...(await sound.list(query))].reverse() }),
    (sound) => ({ list: ({ after: _, ...query }) => sound.list(query) }),
    (sound) => ({ list: (query) => sound.list({ ...query, limit: query.limit + 1 }) }),
    (sound) => ({
      list: async (query) => {
        const others = await sound.list({ ...query, issuer: 'https://other.example' });
        return [...(await sound.list(query)), ...others];
      },
    }),
  ],
  'lists, where that is wanted, only those that neither have ended nor are over': [
    (sound) => ({ list: ({ liveAt: _, ...query }) => sound.list(query) }),
    (sound) => ({ list: (query) => sound.list({ liveAt: 0, ...query }) }),
    (sound) => ({
      list: ({ liveAt, ...query }) =>
        sound.list({ ...query, ...(liveAt !== undefined && { liveAt: liveAt - 1 }) }),
    }),
  ],
  'forgets addresses that are old, and nothing else': [
    () => ({ forgetAddressesBefore: async () => {} }),
    (sound) => ({ forgetAddressesBefore: (time) => sound.forgetAddressesBefore(time + 1) }),
    (sound) => ({ forgetAddressesBefore: (time) => sound.forgetAddressesBefore(time - 1) }),
    (sound) => ({ forgetAddressesBefore: (time) => sound.forgetExpiredBefore(time + 1_000) }),
  ],
  'forgets those that are over at a time, and no other': [
    () => ({ forgetExpiredBefore: async () => {} }),
    (sound) => ({ forgetExpiredBefore: (time) => sound.forgetExpiredBefore(time + 1) }),
    (sound) => ({ forgetExpiredBefore: (time) => sound.forgetExpiredBefore(time - 1) }),
  ],
  'goes on to the next generation, and says how the session is then': [
    (sound) => ({
      rotate: async (id, generation, use) => {
        const before = await sound.find(id);
        return (await sound.rotate(id, generation, use)) && before;
      },
    }),
    (sound) => ({
      rotate: (id, generation, use) => sound.rotate(id, generation, { ...use, idleExpiresAt: 9 }),
    }),
  ],
  'goes on from no other generation than the present one': (sound) => ({
    rotate: async (id, _, use) => sound.rotate(id, (await sound.find(id))?.generation ?? 0, use),
  }),
  'lets exactly one of many go on at the same time': hasty,
  'lets none go on that has ended, or is over': (sound) => ({
    rotate: async (id, generation, use) => {
      const session = await sound.find(id);
      return (
        (await sound.rotate(id, generation, use)) ?? (session && { ...session, generation: generation + 1 })
      );
    },
  }),
  'lets no session live longer than to its end, however often it is used': (sound) => ({
    rotate: async (id, generation, use) => {
      const rotated = await sound.rotate(id, generation, use);
      return rotated && { ...rotated, idleExpiresAt: use.idleExpiresAt };
    },
  }),
  'counts refreshes that stay in their generation, and changes nothing else': [
    (sound) => ({ countRefresh: (id) => sound.find(id) }),
    (sound) => ({ countRefresh: (id, refresh) => sound.rotate(id, 0, { ...USE, ...refresh }) }),
  ],
  'counts none of a session that has ended, or is over': (sound) => ({
    countRefresh: async (id, refresh) => (await sound.countRefresh(id, refresh)) ?? sound.find(id),
  }),
  'refreshes no session more often than the limit says, in whichever way': [
    (sound) => ({ rotate: (id, generation, use) => sound.rotate(id, generation, { ...use, limit: NONE }) }),
    (sound) => ({ countRefresh: (id, { at }) => sound.countRefresh(id, { at, limit: NONE }) }),
  ],
  'begins to count anew when a window is over, and where a clock was set back by as much': [
    (sound) => ({ countRefresh: (id, refresh) => sound.countRefresh(id, { ...refresh, limit: FOR_EVER }) }),
    (sound) => ({
      rotate: (id, generation, use) => sound.rotate(id, generation, { ...use, limit: FOR_EVER }),
    }),
    (sound) => ({
      countRefresh: (id, { at, limit }) => sound.countRefresh(id, { limit, at: Math.max(at, NOW) }),
    }),
  ],
  'counts each of many that come at the same time': (sound) => ({
    countRefresh: async (id, refresh) => {
      const session = await sound.find(id);
      await pause();
      await sound.countRefresh(id, refresh);
      return session && session.refreshes < refresh.limit.requests ? session : undefined;
    },
  }),
  'notes what was proven once more, beside the login': [
    () => ({ raise: async () => true }),
    // As a login in place of the one before.
    (sound) => ({
      find: async (id) => {
        const session = await sound.find(id);
        return session?.raised ? { ...session, ...session.raised } : session;
      },
    }),
    (sound) => ({ raise: (id, { authTime, acr }) => sound.raise(id, { authTime, acr, amr: ['hwk'] }) }),
    (sound) => ({
      rotate: async (...use) => {
        const rotated = await sound.rotate(...use);
        return rotated && { ...rotated, raised: null };
      },
    }),
  ],
  'notes nothing in a session that has ended, or is over by then': [
    (sound) => ({
      raise: async (...raised) => {
        await sound.raise(...raised);
        return true;
      },
    }),
    (sound) => ({ raise: (id, raised) => sound.raise(id, { ...raised, authTime: raised.authTime - 1 }) }),
  ],
  'lets a session either end or be raised first, of all that happens at once': (sound) => ({
    raise: async (id, raised) => {
      const session = await sound.find(id);
      await pause();
      await sound.raise(id, raised);
      return session?.endedAt === null;
    },
  }),
  'ends one session once, for good, and says how it is then': [
    (sound) => ({
      end: async (which, at, reason) => {
        const ended = await sound.end(which, at, reason);
        return 'id' in which && ended.length === 0
          ? [await sound.find(which.id)].filter((each) => !!each)
          : ended;
      },
    }),
    (sound) => ({ end: async () => [(await sound.find('s1')) as SessionRecord] }),
  ],
  'says which have ended and are unsettled, until they are settled': [
    (sound) => ({ unsettled: async (at, limit) => [...(await sound.unsettled(at, limit))].reverse() }),
    (sound) => ({ unsettled: (_, limit) => sound.unsettled(Number.MAX_SAFE_INTEGER, limit) }),
    (sound) => ({ unsettled: (at) => sound.unsettled(at, 1_000) }),
    () => ({ settle: async () => {} }),
    (sound) => ({ settle: async (ids) => sound.settle(ids.length > 0 ? ['s1', ...ids] : ids) }),
  ],
  'says which of a user have ended since a time': [
    () => ({ endedSince: async () => [] }),
    (sound) => ({ endedSince: (user) => sound.endedSince(user, 0) }),
    (sound) => ({ endedSince: (user, time) => sound.endedSince(user, time - 1) }),
    (sound) => ({ endedSince: (user, time) => sound.endedSince({ ...user, subject: 'ada' }, time) }),
    (sound) => ({
      endedSince: (user, time) => sound.endedSince({ ...user, issuer: 'https://other.example' }, time),
    }),
  ],
  'ends those of a user, but for one': [endingAs(without('except')), () => ({ end: async () => [] })],
  'ends those of a client, and those of a login elsewhere': [
    endingAs((which) =>
      'upstream' in which && 'sub' in which.upstream
        ? { upstream: { iss: which.upstream.iss, sub: which.upstream.sub } }
        : which,
    ),
    endingAs((which) => ('upstream' in which ? { id: 'u1' } : which)),
    endingAs((which) => ('clientId' in which ? { ...which, issuer: 'https://other.example' } : which)),
  ],
  'ends those of a session elsewhere whose user is not named': [
    endingAs((which) => ('upstream' in which ? { upstream: { sub: 'u', ...which.upstream } } : which)),
    () => ({ end: async () => [] }),
  ],
  'ends those of a login elsewhere, but for one': endingAs(without('except')),
  'ends only those that had begun by a time, where one is given': endingAs(without('begunBy')),
  'ends nothing where a part of the selection is missing': (sound) => ({
    end: async (which, at, reason) =>
      sound.end(Object.values(which).includes(undefined) ? { id: 's1' } : which, at, reason),
  }),
  'ends very many, and each in one call only': [
    (sound) => ({
      end: async (which, at, reason) => {
        const { issuer, subject } = which as { issuer: string; subject: string };
        const some = await sound.list({ issuer, subject, liveAt: 0, limit: 100 });
        for (const { id } of some) await sound.end({ id }, at, reason);
        return endedSessions(some, true);
      },
    }),
    (sound) => ({
      end: async (which, at, reason) => {
        const { issuer, subject } = which as { issuer: string; subject: string };
        const live = await sound.list({ issuer, subject, liveAt: 0, limit: 100 });
        await pause();
        for (const { id } of live) await sound.end({ id }, at, reason);
        return live;
      },
    }),
    (sound) => {
      let isEnding = false;
      return {
        end: async (...asked) => {
          if (isEnding) return [];
          isEnding = true;
          await pause();
          const ended = await sound.end(...asked);
          isEnding = false;
          return ended;
        },
      };
    },
  ],
  'ends what many ask for at once in all ways: for each its own, when and why it says': [
    (sound) => {
      let first: string | undefined;
      return {
        end: (which, at, reason) => {
          first ??= reason;
          return sound.end(which, at, first);
        },
      };
    },
    (sound) => {
      let before: Promise<readonly SessionRecord[]> = Promise.resolve([]);
      return {
        end: async (...asked) => {
          const others = before;
          before = sound.end(...asked);
          return [...(await others), ...(await before)].slice(0, 1);
        },
      };
    },
  ],
  'lets a session either end or go on first, of all that happens at once': (sound) => ({
    end: async (which, at, reason) => {
      const { id } = which as { id: string };
      const session = await sound.find(id);
      return session?.generation === 1 ? [] : sound.end(which, at, reason);
    },
  }),
};

describe('the contract of session stores', () => {
  const checks = checksOf(() => new MemorySessionStore(), sessionStoreContract, broken);
  it.each(checks)('$name', ({ verify }) => verify(), 30_000);
});
