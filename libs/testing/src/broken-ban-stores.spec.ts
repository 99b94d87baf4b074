import { type Ban, type BanRecord, type BanStore, MemoryBanStore } from '@portcullis/auth';
import { banEndingContract } from './ban-ending-contract.js';
import { banKeepingContract } from './ban-keeping-contract.js';
import { banOf, listAll, NOW, withoutStrikes } from './ban-samples.js';
import { checksOf, type Defect, type Defects, lossy, pause } from './broken-stores.js';

type Broken = Defect<BanStore>;
type Bans = readonly BanRecord[];

/** As UTF-8 has it, which knows no lone surrogates. */
const wellFormed = (text: string) => Buffer.from(text).toString();

/** Keeps something else than what it was given. */
function keeping(change: (ban: BanRecord) => object): Broken {
  return (sound) => ({ save: (bans) => sound.save(bans.map((ban) => ({ ...ban, ...change(ban) }))) });
}

/** Saves something else than what it was given. */
function saving(change: (bans: Bans) => Bans): Broken {
  return (sound) => ({ save: (bans) => sound.save(change(bans)) });
}

/** Finds by id something else than what it keeps. */
function finding(change: (ban: BanRecord) => object | undefined): Broken {
  return (sound) => ({
    findById: async (id) => {
      const ban = await sound.findById(id);
      const found = ban && change(ban);
      return found && ({ ...ban, ...found } as BanRecord);
    },
  });
}

/** Finds as the newest the first of those that are left, in its own order. */
function newest(choose: (bans: readonly Ban[], network: string, shadow: boolean) => readonly Ban[]): Broken {
  return (sound) => ({
    findLatest: async (network, shadow) => choose(await listAll(sound), network, shadow)[0],
  });
}
const endsLast = (one: Ban, other: Ban) => other.expiresAt - one.expiresAt;
const ofNetwork = (bans: readonly Ban[], network: string, shadow: boolean) =>
  bans.filter((ban) => ban.network === network && ban.shadow === shadow);

/** Replaces without looking at a part of what is new. */
function clinging(part: (old: BanRecord, ban: BanRecord) => object): Broken {
  return (sound) => ({
    save: async (bans) => {
      const merged = bans.map(async (ban) => {
        const old = await sound.findById(ban.id);
        return old ? { ...ban, ...part(old, ban) } : ban;
      });
      await sound.save(await Promise.all(merged));
    },
  });
}

/** Lifts in its own way. */
function lifting(lift: (sound: BanStore, ...call: Parameters<BanStore['lift']>) => Promise<unknown>): Broken {
  return (sound) => ({ lift: async (...call) => (await lift(sound, ...call)) as Ban | undefined });
}

/** Keeps the strikes beside the bans, where what forgets bans does not look. */
const strikesLeftBehind: Broken = (sound) => {
  const strikes = new Map<string, BanRecord['strikes']>();
  return {
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

const keepingDefects: Defects<BanStore> = {
  'is empty at first': [
    () => ({ findLatest: async () => withoutStrikes(banOf('b0')) }),
    () => ({ findById: async () => banOf('b0') }),
    (sound) => ({ forgetByIds: async (ids) => (await sound.forgetByIds(ids)) || 1 }),
  ],
  'keeps a ban as it was saved, with its strikes': [
    ...['reason', 'rule', 'actor', 'offence', 'shadow', 'liftedAt', 'liftedBy'].map((name) =>
      keeping(() => ({ [name]: Reflect.get(banOf(''), name) })),
    ),
    keeping(({ reason }) => ({ reason: reason || 'none' })),
    keeping(({ strikes }) => ({ strikes: strikes.map(({ path: _, ...strike }) => strike) })),
    finding(({ strikes }) => ({ strikes: strikes.slice(0, 1) })),
  ],
  'keeps all of several bans that are saved at once': [
    saving((bans) => bans.slice(-1)),
    saving((bans) => bans.map((ban) => ({ ...ban, strikes: bans[0]?.strikes ?? [] }))),
  ],
  'keeps the last of bans with one id that are saved at once': saving((bans) => bans.toReversed()),
  'takes a saving of no bans': (sound) => ({
    save: (bans) => (bans.length === 0 ? sound.trim(0) : sound.save(bans)),
  }),
  'takes ten thousand bans at once': saving((bans) => bans.slice(0, 5_000)),
  'shows the bans that are saved at once all or not at all': (sound) => ({
    save: async (bans) => {
      for (const ban of bans) {
        await pause();
        await sound.save([ban]);
      }
    },
    list: async (query) => {
      for (let turn = 0; turn < 10; turn++) await pause();
      return sound.list(query);
    },
  }),
  'replaces a ban by one with the same id, all of it': [
    clinging(({ network }) => ({ network })),
    clinging(({ createdAt, expiresAt }) => ({ createdAt, expiresAt })),
    clinging((old) => old),
  ],
  'replaces the strikes of a ban: by fewer, by none, by others': [
    strikesLeftBehind,
    clinging(({ strikes }) => ({ strikes })),
    clinging((old, ban) => ({ strikes: [...old.strikes, ...ban.strikes] })),
  ],
  'keeps strikes in their order, and all of those that are alike': [
    keeping(({ strikes }) => ({ strikes: strikes.toSorted((one, other) => one.points - other.points) })),
    keeping(({ strikes }) => ({
      strikes: [...new Map(strikes.map((strike) => [JSON.stringify(strike), strike])).values()],
    })),
  ],
  'gives strikes with a ban found by its id, and with no other': [
    finding(() => ({ strikes: [] })),
    (sound) => ({
      findLatest: async (...wanted) => sound.findById((await sound.findLatest(...wanted))?.id ?? ''),
    }),
    (sound) => ({
      list: async (query) =>
        (await Promise.all((await sound.list(query)).map(({ id }) => sound.findById(id)))) as Ban[],
    }),
    lifting(async (sound, id, ...end) => (await sound.lift(id, ...end)) && sound.findById(id)),
  ],
  'finds the newest ban of a network, in whatever order they were saved': newest((...wanted) =>
    ofNetwork(...wanted).toReversed(),
  ),
  'finds of the newest bans of one millisecond the one with the greatest id': newest((...wanted) =>
    ofNetwork(...wanted).toSorted(
      (one, other) => other.createdAt - one.createdAt || (one.id < other.id ? -1 : 1),
    ),
  ),
  'finds the newest ban of a network though it is over before an older one': [
    newest((...wanted) => ofNetwork(...wanted).filter(({ expiresAt }) => expiresAt > NOW)),
    newest((...wanted) => ofNetwork(...wanted).toSorted(endsLast)),
  ],
  'finds the newest ban of exactly this network, neither of a wider nor of a narrower one': newest(
    (bans, network) => bans.filter((ban) => ban.network.startsWith(network.split('/', 1)[0] ?? '')),
  ),
  'finds the newest shadow and the newest other ban of a network apart': [
    newest((bans, network) => bans.filter((ban) => ban.network === network)),
    newest((bans, network) => ofNetwork(bans, network, false)),
  ],
  'keeps every one of concurrent savings': (sound) => ({ save: lossy((bans: Bans) => sound.save(bans)) }),
  'takes ids and texts to the letter, however odd': [
    keeping(({ reason }) => ({ reason: reason.trim() })),
    keeping(({ reason }) => ({ reason: wellFormed(reason) })),
    keeping(({ reason }) => ({ reason: reason.split('\0', 1)[0] })),
    keeping(({ reason }) => ({ reason: reason.replaceAll('\\u0000', '\0') })),
    keeping(({ strikes }) => ({ strikes: strikes.map((one) => ({ ...one, path: one.path.normalize() })) })),
    (sound) => ({
      findById: async (id) => {
        const found = (await listAll(sound)).find((ban) => ban.id.toLowerCase() === id.toLowerCase());
        return sound.findById(found?.id ?? id);
      },
    }),
  ],
  'gives and takes copies: what callers do to their objects does not reach it': [
    (sound) => {
      const given = new Map<string, BanRecord>();
      return {
        save: async (bans) => {
          for (const ban of bans) given.set(ban.id, ban);
          await sound.save(bans);
        },
        findById: async (id) => given.get(id),
      };
    },
    (sound) => {
      const found = new Map<string, BanRecord | undefined>();
      return {
        findById: async (id) => {
          if (!found.has(id)) found.set(id, await sound.findById(id));
          return found.get(id);
        },
      };
    },
  ],
};

const endingDefects: Defects<BanStore> = {
  'lifts a ban, gives it back as it is now, and changes nothing else': [
    lifting(async (sound, id, ...end) => {
      const before = await sound.findById(id);
      return (await sound.lift(id, ...end)) && before && withoutStrikes(before);
    }),
    lifting(async (sound, id, at) => sound.lift(id, at, null)),
    lifting(async (sound, id, ...end) => {
      for (const ban of await listAll(sound)) if (ban.id !== id) await sound.lift(ban.id, ...end);
      return sound.lift(id, ...end);
    }),
  ],
  'lifts a ban that a list then no longer has as active, and that stays the newest of its network': [
    lifting(async (sound, id, at, by) => ({
      ...(await sound.lift(id, at + 1, by)),
      expiresAt: at,
      liftedAt: at,
    })),
    (sound) => ({
      findLatest: async (...wanted) => {
        const found = await sound.findLatest(...wanted);
        return found?.liftedAt === null ? found : undefined;
      },
    }),
  ],
  'keeps the strikes of a lifted ban': lifting(async (sound, ...call) => {
    const lifted = await sound.lift(...call);
    if (lifted) await sound.save([{ ...lifted, strikes: [] }]);
    return lifted;
  }),
  'keeps who lifted a ban to the letter, and nobody known apart from an empty text': [
    lifting((sound, id, at, by) => sound.lift(id, at, by || null)),
    lifting((sound, id, at, by) => sound.lift(id, at, by && wellFormed(by))),
    lifting((sound, id, at, by) => sound.lift(id, at, by ?? '')),
  ],
  'lifts and forgets bans at once where it is given a transaction of somebody else': [
    lifting((sound, ...call) => (call[3] === undefined ? sound.lift(...call) : sound.findById(call[0]))),
    (sound) => ({
      forget: async (network, transaction) => {
        if (transaction === undefined) await sound.forget(network);
      },
    }),
  ],
  'lifts a ban before its end and neither at it nor after it': [
    lifting(async (sound, id, at, by) => {
      const ban = await sound.findById(id);
      if (ban?.expiresAt !== at) return sound.lift(id, at, by);
      await sound.save([{ ...ban, liftedAt: at, liftedBy: by }]);
      return ban;
    }),
    lifting(async (sound, id, at, by) => {
      const ban = await sound.findById(id);
      return sound.lift(id, Math.min(at, (ban?.expiresAt ?? at) - 1), by);
    }),
  ],
  'lifts a ban that begins later': lifting(async (sound, id, at, by) => {
    const ban = await sound.findById(id);
    return ban && ban.createdAt <= at ? sound.lift(id, at, by) : undefined;
  }),
  'lifts a ban once: later calls find it over, whatever their time, and leave it as it is': lifting(
    async (sound, id, at, by) => {
      const ban = await sound.findById(id);
      if (!ban || ban.expiresAt <= at) return undefined;
      await sound.save([{ ...ban, liftedAt: null }]);
      return sound.lift(id, at, by);
    },
  ),
  'lifts nothing where there is nothing': [
    lifting(async (sound, ...call) => (await sound.lift(...call)) ?? withoutStrikes(banOf('b1'))),
    lifting(async (sound, id, at, by) => {
      const lifted = await sound.lift(id, at, by);
      if (!lifted) await sound.save([banOf(id, { expiresAt: at })]);
      return lifted;
    }),
  ],
  'gives a lifted ban to exactly one of concurrent calls, and keeps the time and the name of that one':
    lifting(async (sound, id, at, by) => {
      const ban = await sound.findById(id);
      if (!ban || ban.liftedAt !== null || ban.expiresAt <= at) return undefined;
      await pause();
      const lifted = { ...ban, expiresAt: at, liftedAt: at, liftedBy: by };
      await sound.save([lifted]);
      return withoutStrikes(lifted);
    }),
};

describe('the contract of how ban stores keep bans', () => {
  const checks = checksOf(() => new MemoryBanStore(), banKeepingContract, keepingDefects);
  it.each(checks)('$name', ({ verify }) => verify());
});

describe('the contract of how ban stores lift bans', () => {
  const checks = checksOf(() => new MemoryBanStore(), banEndingContract, endingDefects);
  it.each(checks)('$name', ({ verify }) => verify());
});
