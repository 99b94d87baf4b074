import {
  type ApiKeyQuery,
  type ApiKeyRecord,
  type ApiKeyState,
  type ApiKeyStore,
  MemoryApiKeyStore,
  stateOf,
} from '@portcullis/auth';
import { apiKeyListingContract } from './api-key-listing-contract.js';
import { checksOf, type Defect, type Defects } from './broken-stores.js';

type Broken = Defect<ApiKeyStore>;
const textOf = (record: ApiKeyRecord, name: string) => String(Reflect.get(record, name));

/** Lists something else than what it was asked for. */
function listing(change: (records: readonly ApiKeyRecord[], query: ApiKeyQuery) => ApiKeyRecord[]): Broken {
  return (sound) => ({ list: async (query) => change(await sound.list(query), query) });
}

/** Understands another question than it was asked. */
function asking(change: (query: ApiKeyQuery) => object): Broken {
  return (sound) => ({ list: (query) => sound.list(change(query) as ApiKeyQuery) });
}

/** Compares filters in another way than to the letter. */
function matching(match: (kept: string, wanted: string) => boolean): Broken {
  return (sound) => ({
    list: async ({ state, limit, after: _, ...wanted }) =>
      (await sound.list({ limit, ...(state && { state }) })).filter((record) =>
        Object.entries(wanted).every(([name, value]) => match(textOf(record, name), value)),
      ),
  });
}

/** Has an own opinion of what a key's state is. */
function judging(judge: (key: ApiKeyRecord, at: number) => ApiKeyState): Broken {
  return (sound) => ({
    list: async ({ state, ...query }) =>
      (await sound.list(query)).filter((key) => state === undefined || judge(key, state.at) === state.is),
  });
}

const defects: Defects<ApiKeyStore> = {
  'lists every key as it was inserted, whatever its state': [
    listing((records) => records.filter(({ revokedAt }) => revokedAt === null)),
    listing((records) => records.filter((record) => 'appId' in record)),
  ],
  'lists the newest first, in whatever order they were inserted': [
    listing((records) => records.toReversed()),
    listing((records) => records.toSorted((one, other) => (one.id < other.id ? 1 : -1))),
  ],
  'lists keys of the same time by their ids, greatest first, compared by code units': [
    listing((records) => records.toReversed()),
    listing((records) => records.toSorted((one, other) => other.id.localeCompare(one.id))),
  ],
  'lists the keys of an app, an issuer, a subject, an owner or a tenant': [
    asking(({ tenant: _, ...query }) => query),
    asking(({ owner: _, ...query }) => query),
    asking(({ issuer: _, ...query }) => query),
    (sound) => ({
      list: async ({ subject, ...query }) =>
        (await sound.list(query)).filter((record) =>
          subject === undefined
            ? true
            : 'appId' in record
              ? record.appId === subject
              : record.subject === subject,
        ),
    }),
  ],
  'lists only what matches everything given': [
    asking(({ issuer, ...query }) => (query.subject === undefined ? { issuer, ...query } : query)),
    asking(({ owner, ...query }) => (query.tenant === undefined ? { owner, ...query } : query)),
    asking(({ state, ...query }) => (query.tenant === undefined ? { state, ...query } : query)),
  ],
  'takes what is undefined for not given, and an empty text for given': [
    matching((kept, wanted) => kept === wanted),
    asking((query) => Object.fromEntries(Object.entries(query).filter(([, value]) => value))),
  ],
  'compares what is wanted to the letter, however odd: no part of it, no other case, no pattern': [
    matching((kept, wanted) => kept.toLowerCase() === wanted.toLowerCase()),
    matching((kept, wanted) => kept.trim() === wanted.trim()),
    matching((kept, wanted) => kept.startsWith(wanted)),
    matching((kept, wanted) => kept.normalize() === wanted.normalize()),
    matching((kept, wanted) => kept === wanted || (wanted === '%' && kept !== '')),
  ],
  'lists each state at the given time: revoked before expired, disabled, pending and active': [
    judging((key, at) => stateOf({ ...key, revokedAt: (key.revokedAt ?? at + 1) > at ? null : at }, at)),
    judging((key, at) => stateOf({ ...key, disabledAt: (key.disabledAt ?? at + 1) > at ? null : at }, at)),
    judging((key, at) => (key.disabledAt === null ? stateOf(key, at) : 'disabled')),
    judging((key, at) => (key.notBefore > at ? 'pending' : stateOf(key, at))),
    judging((key, at) => stateOf({ ...key, createdAt: Number.NEGATIVE_INFINITY }, at)),
    judging((key, at) => (key.replacedBy === null ? stateOf(key, at) : 'expired')),
  ],
  'has a key pending before its beginning, active from it on, and expired from its end on': [
    judging((key, at) => stateOf(key, at - 1)),
    judging((key, at) => stateOf({ ...key, notBefore: key.notBefore + 1 }, at)),
    judging((key, at) => stateOf({ ...key, expiresAt: key.expiresAt && key.expiresAt + 1 }, at)),
    judging((key) => stateOf(key, Date.now())),
  ],
  'lists at most so many: the newest of those that match': [
    asking((query) => ({ ...query, limit: 1_000 })),
    (sound) => ({
      list: async ({ owner, ...query }) =>
        (await sound.list(query)).filter((record) => owner === undefined || record.owner === owner),
    }),
  ],
  'lists page after page: every key once, in order, though many are of the same time': [
    asking((query) => ({ ...query, ...(query.after && { after: { ...query.after, id: '' } }) })),
    asking((query) => ({ ...query, ...(query.after && { after: { ...query.after, id: '\uffff' } }) })),
    (sound) => ({
      list: async ({ after, limit, ...query }) =>
        (await sound.list({ ...query, limit: 1_000 }))
          .filter(({ id }) => after === undefined || id < after.id)
          .slice(0, limit),
    }),
  ],
  'lists page after page what matches, and nothing else': [
    asking(({ tenant, ...query }) => (query.after ? query : { tenant, ...query })),
    asking(({ state, ...query }) => (query.after ? query : { state, ...query })),
  ],
  'goes on after a position whose key is not there, or does not match': (sound) => ({
    list: async ({ after, limit, ...query }) => {
      const matches = await sound.list({ ...query, limit: 1_000 });
      return matches.slice(after ? matches.findIndex(({ id }) => id === after.id) + 1 : 0).slice(0, limit);
    },
  }),
};

describe('the contract of the lists of API key stores', () => {
  const checks = checksOf(() => new MemoryApiKeyStore(), apiKeyListingContract, defects);
  it.each(checks)('$name', ({ verify }) => verify());
});
