import { type Ban, type BanQuery, type BanStore, MemoryBanStore } from '@portcullis/auth';
import { banListingContract } from './ban-listing-contract.js';
import { NOW } from './ban-samples.js';
import { checksOf, type Defect, type Defects } from './broken-stores.js';

type Broken = Defect<BanStore>;

/** Lists something else than what it was asked for. */
function listing(change: (bans: readonly Ban[], query: BanQuery) => readonly Ban[]): Broken {
  return (sound) => ({ list: async (query) => change(await sound.list(query), query) });
}

/** Understands another question than it was asked. */
function asking(change: (query: BanQuery) => object): Broken {
  return (sound) => ({ list: (query) => sound.list(change(query) as BanQuery) });
}

/** Selects from everything in its own way, and pages last. */
function selecting(isWanted: (ban: Ban, query: BanQuery) => boolean): Broken {
  return (sound) => ({
    list: async (query) => {
      const bans = await sound.list({ limit: 100_000, ...(query.after && { after: query.after }) });
      return bans.filter((ban) => isWanted(ban, query)).slice(0, query.limit);
    },
  });
}

/** Compares networks and rules in another way than to the letter. */
function matching(match: (kept: string, wanted: string) => boolean): Broken {
  return selecting(
    ({ network, rule }, { networks, rule: wantedRule }) =>
      (networks?.some((wanted) => match(network, wanted)) ?? true) &&
      (wantedRule === undefined || match(rule ?? '', wantedRule)),
  );
}

/** Takes a part of the query into account only where the other is not given. */
function preferring(one: keyof BanQuery, other: keyof BanQuery): Broken {
  return asking((query) =>
    query[one] === undefined
      ? query
      : Object.fromEntries(Object.entries(query).filter(([name]) => name !== other)),
  );
}

/** Looks only at first pages for a part of the query. */
function forgettingOnLaterPages(part: keyof BanQuery): Broken {
  return preferring('after', part);
}

const isEqual = (kept: string, wanted: string) => kept === wanted;

const defects: Defects<BanStore> = {
  'lists every ban as it was saved, over, lifted and shadows too': [
    listing((bans) => bans.filter(({ expiresAt }) => expiresAt > NOW)),
    listing((bans) => bans.filter(({ liftedAt }) => liftedAt === null)),
    listing((bans) => bans.filter(({ shadow }) => !shadow)),
    listing((bans) => bans.map((ban) => ({ ...ban, liftedBy: null }))),
    listing((bans) => bans.map(({ actor: _, ...ban }) => ban as Ban)),
  ],
  'lists the newest first, in whatever order they were saved': [
    listing((bans) => bans.toReversed()),
    listing((bans) => bans.toSorted((one, other) => (one.id < other.id ? 1 : -1))),
  ],
  'lists bans of one millisecond by their ids, greatest first, compared by code units': [
    listing((bans) => bans.toReversed()),
    listing((bans) => bans.toSorted((one, other) => other.id.localeCompare(one.id))),
  ],
  'lists a ban as active before its end and not at it': [
    asking((query) => ({ ...query, activeAt: query.activeAt && query.activeAt - 1 })),
    asking((query) => ({ ...query, activeAt: query.activeAt && query.activeAt + 1 })),
    selecting(({ expiresAt }, { activeAt }) => activeAt === undefined || expiresAt > Date.now()),
  ],
  'lists the bans of exactly the given networks, each once': [
    asking(({ networks, ...query }) => ({ ...query, ...(networks && { networks: networks.slice(0, 1) }) })),
    asking(({ networks: _, ...query }) => query),
    matching((kept, wanted) => kept.split('/')[0] === wanted.split('/')[0]),
    (sound) => ({
      list: async ({ networks, ...query }) => {
        const parts = networks?.toSorted().map((network) => sound.list({ ...query, networks: [network] }));
        return parts ? (await Promise.all(parts)).flat() : sound.list(query);
      },
    }),
  ],
  'lists nothing for no networks': asking(({ networks, ...query }) => ({
    ...query,
    ...(networks?.length && { networks }),
  })),
  'takes tens of thousands of networks': [
    asking(({ networks, ...query }) => ({
      ...query,
      ...(networks && { networks: networks.slice(0, 65_535) }),
    })),
    asking(({ networks, ...query }) => ({
      ...query,
      ...(networks && { networks: networks.slice(-32_766) }),
    })),
  ],
  'lists the bans of a rule': [
    asking(({ rule: _, ...query }) => query),
    asking(({ rule, ...query }) => (rule ? { ...query, rule } : query)),
    selecting(({ rule, reason }, query) => query.rule === undefined || [rule, reason].includes(query.rule)),
    selecting(({ rule }, query) => query.rule === undefined || String(rule) === query.rule),
  ],
  'lists shadows, or the others': [
    asking(({ shadow: _, ...query }) => query),
    asking(({ shadow, ...query }) => (shadow ? { ...query, shadow } : query)),
  ],
  'lists only what matches everything given': [
    preferring('shadow', 'rule'),
    preferring('rule', 'activeAt'),
    preferring('rule', 'networks'),
    preferring('networks', 'shadow'),
    preferring('networks', 'activeAt'),
    preferring('activeAt', 'shadow'),
  ],
  'takes what is undefined for not given': [
    selecting(({ shadow }, query) => !('shadow' in query) || shadow === query.shadow),
    selecting(({ rule }, query) => !('rule' in query) || rule === query.rule),
    selecting(({ network }, query) => !('networks' in query) || (query.networks ?? []).includes(network)),
    selecting(({ expiresAt }, query) => !('activeAt' in query) || expiresAt > (query.activeAt as number)),
    asking((query) => ('after' in query && !query.after ? { ...query, limit: 0 } : query)),
  ],
  'compares networks and rules to the letter, however odd': [
    matching((kept, wanted) => kept.toLowerCase() === wanted.toLowerCase()),
    matching((kept, wanted) => kept.trim() === wanted.trim()),
    matching((kept, wanted) => kept.startsWith(wanted)),
    matching((kept, wanted) => kept.normalize() === wanted.normalize()),
    matching((kept, wanted) => isEqual(kept, wanted) || (wanted === '%' && kept !== '')),
    matching((kept, wanted) => isEqual(kept, wanted) || (wanted === '' && kept === 'plain')),
  ],
  'lists at most so many: the newest of those that match': [
    asking((query) => ({ ...query, limit: 1_000 })),
    (sound) => ({
      list: async ({ rule, ...query }) =>
        (await sound.list(query)).filter((ban) => rule === undefined || ban.rule === rule),
    }),
    (sound) => ({
      list: async ({ networks, ...query }) =>
        (await sound.list(query)).filter((ban) => networks?.includes(ban.network) ?? true),
    }),
  ],
  'lists page after page: every ban once, in order, though many are of one millisecond': [
    asking((query) => ({ ...query, ...(query.after && { after: { ...query.after, id: '' } }) })),
    asking((query) => ({ ...query, ...(query.after && { after: { ...query.after, id: '\uffff' } }) })),
    (sound) => ({
      list: async ({ after, limit, ...query }) =>
        (await sound.list({ ...query, limit: 1_000 }))
          .filter(({ id }) => after === undefined || id < after.id)
          .slice(0, limit),
    }),
  ],
  'lists page after page every ban once, however odd the ids': (sound) => ({
    list: async ({ after, limit, ...query }) =>
      (await sound.list({ ...query, limit: 1_000 }))
        .filter(({ id }) => after === undefined || id.localeCompare(after.id) < 0)
        .slice(0, limit),
  }),
  'lists page after page what matches, and nothing else': [
    forgettingOnLaterPages('networks'),
    forgettingOnLaterPages('rule'),
    forgettingOnLaterPages('shadow'),
    forgettingOnLaterPages('activeAt'),
  ],
  'goes on after a position whose ban is not there, or does not match': (sound) => ({
    list: async ({ after, limit, ...query }) => {
      const matches = await sound.list({ ...query, limit: 1_000 });
      return matches.slice(after ? matches.findIndex(({ id }) => id === after.id) + 1 : 0).slice(0, limit);
    },
  }),
};

describe('the contract of the lists of ban stores', () => {
  const checks = checksOf(() => new MemoryBanStore(), banListingContract, defects);
  it.each(checks)('$name', ({ verify }) => verify());
});
