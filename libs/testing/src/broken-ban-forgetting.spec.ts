import { type Ban, type BanRecord, type BanStore, MemoryBanStore } from '@portcullis/auth';
import { banForgettingContract } from './ban-forgetting-contract.js';
import { listAll, NOW } from './ban-samples.js';
import { checksOf, type Defect, type Defects, lossy, pause } from './broken-stores.js';

type Broken = Defect<BanStore>;

/** Forgets all bans but these. */
async function keepOnly(sound: BanStore, isKept: (ban: Ban) => boolean): Promise<number> {
  const gone = (await listAll(sound)).filter((ban) => !isKept(ban));
  return sound.forgetByIds(gone.map(({ id }) => id));
}

/** Forgets by ids those bans that it takes for meant. */
function forgettingByIds(isMeant: (ban: Ban, ids: readonly string[]) => boolean): Broken {
  return (sound) => ({ forgetByIds: (ids) => keepOnly(sound, (ban) => !isMeant(ban, ids)) });
}

/** Forgets the bans of other networks than it was told to. */
function forgetting(isMeant: (ban: Ban, network: string) => boolean): Broken {
  return (sound) => ({
    forget: async (network) => void (await keepOnly(sound, (ban) => !isMeant(ban, network))),
  });
}

const byRule = ({ rule }: Ban) => rule !== null;
const endsFirst = (one: Ban, other: Ban) => one.expiresAt - other.expiresAt;

/** Trims those that it thinks count, in its own order. */
function trimming(counts: (ban: Ban) => boolean, order = endsFirst): Broken {
  return (sound) => ({
    trim: async (max) => {
      const counted = (await listAll(sound)).filter(counts).toSorted(order);
      const gone = new Set(counted.slice(0, Math.max(0, counted.length - max)).map(({ id }) => id));
      await keepOnly(sound, ({ id }) => !gone.has(id));
    },
  });
}

/** Trims another number than it was told to. */
function trimmingTo(change: (max: number) => number): Broken {
  return (sound) => ({ trim: (max) => sound.trim(change(max)) });
}

/** Forgets no more than a thousand at once. */
function forgettingAtMost(
  chosen: (sound: BanStore, given: unknown) => Promise<readonly Ban[]>,
  way: 'forget' | 'forgetExpiredBefore' | 'trim',
): Broken {
  return (sound) => ({
    [way]: async (given: unknown) => {
      const gone = new Set((await chosen(sound, given)).slice(0, 1_000).map(({ id }) => id));
      await keepOnly(sound, ({ id }) => !gone.has(id));
    },
  });
}

/** Loses no strikes with the bans that one of its ways to forget takes away. */
function leavingStrikes(way: 'forget' | 'forgetExpiredBefore' | 'trim' | 'forgetByIds'): Broken {
  return (sound) => {
    const strikes = new Map<string, BanRecord['strikes']>();
    const ways = ['forget', 'forgetExpiredBefore', 'trim', 'forgetByIds'] as const;
    const tidy = ways
      .filter((name) => name !== way)
      .map((name) => {
        const forget = async (value: never) => {
          strikes.clear();
          return Reflect.apply(sound[name], sound, [value]);
        };
        return [name, forget];
      });
    return {
      ...Object.fromEntries(tidy),
      save: async (bans) => {
        for (const ban of bans) if (ban.strikes.length > 0) strikes.set(ban.id, ban.strikes);
        await sound.save(bans);
      },
      findById: async (id) => {
        const ban = await sound.findById(id);
        return ban && { ...ban, strikes: strikes.get(id) ?? [] };
      },
    };
  };
}

const defects: Defects<BanStore> = {
  'forgets every ban of a network, over, lifted and shadows too': [
    forgetting((ban, network) => ban.network === network && !ban.shadow),
    forgetting((ban, network) => ban.network === network && ban.expiresAt > NOW),
    forgetting((ban, network) => ban.network === network && ban.liftedAt === null),
    forgetting((ban, network) => ban.network === network && ban.rule !== null),
    (sound) => {
      const found = new Map<string, BanRecord | undefined>();
      return {
        save: async (bans) => {
          for (const ban of bans) found.set(ban.id, ban);
          await sound.save(bans);
        },
        findById: async (id) => found.get(id),
      };
    },
  ],
  'forgets the bans of exactly this network, however odd': [
    forgetting((ban, network) => ban.network.startsWith(network)),
    forgetting((ban, network) => ban.network.toLowerCase() === network.toLowerCase()),
    forgetting((ban, network) => ban.network.trim() === network.trim()),
    forgetting((ban, network) => ban.network === network || network === 'plain%'),
  ],
  'forgets with a ban its strikes': [
    leavingStrikes('forget'),
    leavingStrikes('forgetExpiredBefore'),
    leavingStrikes('trim'),
    leavingStrikes('forgetByIds'),
  ],
  'forgets bans that ended at or before the given time, and no other': [
    (sound) => ({ forgetExpiredBefore: (time) => sound.forgetExpiredBefore(time - 1) }),
    (sound) => ({ forgetExpiredBefore: (time) => sound.forgetExpiredBefore(time + 1) }),
    (sound) => ({
      forgetExpiredBefore: async (time) =>
        void (await keepOnly(sound, (ban) => !byRule(ban) || ban.expiresAt > time)),
    }),
  ],
  'keeps a ban that is over until it is told to forget it': [
    (sound) => ({ forgetExpiredBefore: () => sound.forgetExpiredBefore(NOW - 1) }),
    (sound) => ({
      list: async (query) => {
        if (query.activeAt !== undefined) await sound.forgetExpiredBefore(query.activeAt);
        return sound.list(query);
      },
    }),
    (sound) => ({
      lift: async (id, at, by) => {
        const lifted = await sound.lift(id, at, by);
        await sound.forgetExpiredBefore(at);
        return lifted;
      },
    }),
  ],
  'trims to so many bans: forgets those that end first, in whatever order they were made': [
    trimming(byRule, (one, other) => other.expiresAt - one.expiresAt),
    trimming(byRule, (one, other) => one.createdAt - other.createdAt),
    trimming(byRule, () => 0),
  ],
  'trims to exactly so many, though they end at one time': (sound) => ({
    trim: async (max) => {
      const ends = (await listAll(sound)).filter(byRule).map(({ expiresAt }) => expiresAt);
      const last = ends.toSorted((one, other) => other - one)[max];
      if (last !== undefined) await keepOnly(sound, (ban) => !byRule(ban) || ban.expiresAt > last);
    },
  }),
  'trims only what a rule decided, and counts nothing else': [
    trimming(() => true),
    trimming(({ rule }) => Boolean(rule)),
    (sound) => ({
      trim: async (max) => {
        const all = await listAll(sound);
        await sound.trim(Math.max(0, max - all.filter((ban) => !byRule(ban)).length));
      },
    }),
  ],
  'trims shadows and bans that are over like others': [
    trimming((ban) => byRule(ban) && !ban.shadow),
    trimming((ban) => byRule(ban) && ban.expiresAt > NOW),
  ],
  'trims nothing while there are no more than so many': [
    trimmingTo((max) => max - 1),
    trimmingTo((max) => Math.min(max, 1)),
  ],
  'trims to none': trimmingTo((max) => max || Number.POSITIVE_INFINITY),
  'forgets bans by their ids, whatever they are, and says how many that was, strikes not counted': [
    forgettingByIds(() => true),
    forgettingByIds((ban, ids) => ids.includes(ban.id) && !ban.shadow),
    forgettingByIds((ban, ids) => ids.includes(ban.id) && ban.expiresAt > NOW),
    forgettingByIds((ban, ids) => ids.includes(ban.id) && byRule(ban)),
    forgettingByIds((ban, ids) => ids.some((id) => ban.id.startsWith(id))),
    forgettingByIds((ban, ids) => ids.includes(ban.id.toLowerCase())),
    (sound) => ({
      forgetByIds: async (ids) => {
        await sound.forgetByIds(ids);
        return ids.length;
      },
    }),
    (sound) => ({
      forgetByIds: async (ids) => {
        const bans = await Promise.all([...new Set(ids)].map((id) => sound.findById(id)));
        await sound.forgetByIds(ids);
        return bans.reduce((sum, ban) => sum + (ban ? 1 + ban.strikes.length : 0), 0);
      },
    }),
  ],
  'forgets bans by their ids to the letter, however odd': (sound) => ({
    forgetByIds: (ids) => sound.forgetByIds(ids.map((id) => id.trim())),
  }),
  'keeps what is saved after it was forgotten': (sound) => {
    let isForgotten = false;
    return {
      forgetByIds: (ids) => {
        isForgotten = true;
        return sound.forgetByIds(ids);
      },
      save: async (bans) => (isForgotten ? undefined : sound.save(bans)),
    };
  },
  'counts each ban in one of concurrent calls only that forget it by its id': (sound) => ({
    forgetByIds: async (ids) => {
      const { length } = await listAll(sound);
      await pause();
      await sound.forgetByIds(ids);
      return length;
    },
  }),
  'forgets thousands of bans in each of its ways': [
    forgettingAtMost((sound, network) => listAll(sound, { networks: [network as string] }), 'forget'),
    forgettingAtMost(
      async (sound, time) => (await listAll(sound)).filter(({ expiresAt }) => expiresAt <= (time as number)),
      'forgetExpiredBefore',
    ),
    forgettingAtMost(
      async (sound, max) => (await listAll(sound)).toSorted(endsFirst).slice(0, -(max as number)),
      'trim',
    ),
    (sound) => ({ forgetByIds: (ids) => sound.forgetByIds(ids.slice(0, 500)) }),
  ],
  'loses no ban that is saved while others are forgotten': [
    (sound) => ({ save: lossy((bans: readonly BanRecord[]) => sound.save(bans)) }),
    (sound) => ({
      forgetExpiredBefore: async (time) => {
        const ids = new Set((await listAll(sound, { activeAt: time })).map(({ id }) => id));
        await pause();
        for (const ban of await listAll(sound)) if (!ids.has(ban.id)) await sound.forget(ban.network);
      },
    }),
    (sound) => ({
      forget: async (network) => {
        const ids = new Set((await listAll(sound)).map(({ id }) => id));
        await pause();
        await keepOnly(sound, (ban) => ids.has(ban.id) && ban.network !== network);
      },
    }),
  ],
};

describe('the contract of how ban stores forget bans', () => {
  const checks = checksOf(() => new MemoryBanStore(), banForgettingContract, defects);
  it.each(checks)('$name', ({ verify }) => verify());
});
