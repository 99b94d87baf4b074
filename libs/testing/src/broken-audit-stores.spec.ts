import { type AuditEntry, type AuditQuery, type AuditStore, MemoryAuditStore } from '@portcullis/auth';
import { auditKeepingContract } from './audit-keeping-contract.js';
import { auditListingContract } from './audit-listing-contract.js';
import { entryOf } from './audit-samples.js';
import { checksOf, type Defect, type Defects, pause } from './broken-stores.js';

type Broken = Defect<AuditStore>;

/** Lists something else than what it was asked for. */
function listing(
  change: (entries: readonly AuditEntry[], query: AuditQuery) => readonly AuditEntry[],
): Broken {
  return (sound) => ({ list: async (query) => change(await sound.list(query), query) });
}

/** Understands another question than it was asked. */
function asking(change: (query: AuditQuery) => object): Broken {
  return (sound) => ({ list: (query) => sound.list(change(query) as AuditQuery) });
}

/** Selects from everything in its own way, and pages last. */
function selecting(isWanted: (entry: AuditEntry, query: AuditQuery) => boolean): Broken {
  return (sound) => ({
    list: async (query) => {
      const entries = await sound.list({ limit: 100_000, ...(query.after && { after: query.after }) });
      return entries.filter((entry) => isWanted(entry, query)).slice(0, query.limit);
    },
  });
}

/** Compares names in another way than to the letter. */
function matching(match: (kept: string, wanted: string) => boolean): Broken {
  return selecting(
    (entry, { actor, address }) =>
      (actor === undefined || match(entry.actor ?? '', actor)) &&
      (address === undefined || match(entry.address ?? '', address)),
  );
}

/** Takes a part of the query into account only where the other is not given. */
function preferring(one: keyof AuditQuery, other: keyof AuditQuery): Broken {
  return asking((query) =>
    query[one] === undefined
      ? query
      : Object.fromEntries(Object.entries(query).filter(([name]) => name !== other)),
  );
}

/** Ignores a part of the query. */
function without(part: keyof AuditQuery): Broken {
  return asking((query) => Object.fromEntries(Object.entries(query).filter(([name]) => name !== part)));
}

/** Appends something else than what it was given. */
function appending(change: (entry: AuditEntry) => AuditEntry): Broken {
  return (sound) => ({ append: (entries) => sound.append(entries.map(change)) });
}

function respelt(change: (text: string) => string): Broken {
  return appending((entry) => ({ ...entry, actor: entry.actor && change(entry.actor) }));
}

const keepingDefects: Defects<AuditStore> = {
  'is empty at first': [
    () => ({ list: async () => [entryOf('e1')] }),
    () => ({ prune: async () => 1 }),
    () => ({ prune: async () => undefined as unknown as number }),
  ],
  'keeps entries as they were appended, with all their facts': [
    appending((entry) => ({ ...entry, actor: null })),
    appending(({ facts: { nothing: _, ...facts }, ...entry }) => ({ ...entry, facts })),
    appending((entry) => ({ ...entry, facts: { ...entry.facts, large: Number(entry.facts.large) + 1 } })),
    listing((entries) => entries.filter(({ at }) => at > 1)),
  ],
  'takes no entries at all': (sound) => ({
    append: async (entries) => sound.append(entries.length > 0 ? entries : [entryOf('none')]),
  }),
  'keeps an entry once, and as it was, however often it is appended': [
    (sound) => ({
      append: async (entries) => {
        const known = new Map((await sound.list({ limit: 100_000 })).map((entry) => [entry.id, entry]));
        for (const entry of entries) known.set(entry.id, entry);
        await sound.prune(Number.POSITIVE_INFINITY);
        await sound.append([...known.values()]);
      },
    }),
    (sound) => ({
      append: async (entries) => {
        const ids = new Set((await sound.list({ limit: 100_000 })).map(({ id }) => id));
        if (entries.some(({ id }) => ids.has(id))) return;
        await sound.append(entries);
      },
    }),
  ],
  'keeps an entry once that comes twice in one call': (sound) => ({
    append: async (entries) => {
      if (new Set(entries.map(({ id }) => id)).size < entries.length) return;
      await sound.append(entries);
    },
  }),
  'keeps an entry once that several append at the same time': (sound) => {
    let isWriting = false;
    return {
      append: async (entries) => {
        if (isWriting) return;
        isWriting = true;
        await pause();
        isWriting = false;
        await sound.append(entries);
      },
    };
  },
  'keeps thousands of entries of one call': (sound) => ({
    append: (entries) => sound.append(entries.slice(0, 2_000)),
  }),
  'takes ids, names and facts to the letter, however odd': [
    respelt((text) => text.trim()),
    respelt((text) => text.replaceAll('\0', '')),
    respelt((text) => Buffer.from(text).toString()),
    respelt((text) => text.slice(0, 249)),
    appending((entry) => ({ ...entry, id: entry.id.normalize('NFC') })),
    appending((entry) => ({
      ...entry,
      facts: JSON.parse(JSON.stringify(entry.facts), (_, part) =>
        typeof part === 'string' ? part.replaceAll('\0', '') : part,
      ),
    })),
  ],
  'gives and takes copies: what callers do to their objects does not reach it': () => {
    const shared: AuditEntry[] = [];
    return {
      append: async (entries) => void shared.unshift(...entries.toReversed()),
      list: async () => shared,
    };
  },
  'forgets what is from before a time, and no more, and says how much': [
    (sound) => ({ prune: (before) => sound.prune(before + 1) }),
    (sound) => ({ prune: (before) => sound.prune(before - 1) }),
    (sound) => ({ prune: async (before) => (await sound.prune(before)) && 1 }),
  ],
  'forgets thousands of entries, once each, also when several forget at the same time': [
    (sound) => ({ prune: async (before) => sound.prune(Math.min(before, 1_000)) }),
    (sound) => ({
      prune: async (before) => {
        const old = (await sound.list({ until: before, limit: 100_000 })).length;
        await pause();
        await sound.prune(before);
        return old;
      },
    }),
  ],
};

const listingDefects: Defects<AuditStore> = {
  'lists the newest first, in whatever order they were appended': [
    listing((entries) => entries.toReversed()),
    listing((entries) => entries.toSorted((one, other) => (one.id < other.id ? 1 : -1))),
  ],
  'lists entries of one millisecond by their ids, greatest first, compared by code units': [
    listing((entries) => entries.toReversed()),
    listing((entries) => entries.toSorted((one, other) => other.id.localeCompare(one.id))),
  ],
  'lists the entries of a type, or of several, each once': [
    without('types'),
    asking(({ types, ...query }) => ({ ...query, ...(types && { types: types.slice(0, 1) }) })),
    (sound) => ({
      list: async ({ types, ...query }) => {
        const parts = types?.map((type) => sound.list({ ...query, types: [type] }));
        return parts ? (await Promise.all(parts)).flat() : sound.list(query);
      },
    }),
  ],
  'lists nothing for no types': asking(({ types, ...query }) => ({
    ...query,
    ...(types?.length && { types }),
  })),
  'lists the entries of a name, each name by itself': [
    without('actor'),
    without('requestId'),
    asking(({ appId, ...query }) => (appId ? { ...query, actor: appId } : query)),
    selecting((entry, { actor }) => actor === undefined || [entry.actor, entry.appId].includes(actor)),
    selecting((entry, { keyId }) => keyId === undefined || (entry.keyId ?? keyId) === keyId),
  ],
  'lists what is at or after a time, and before another': [
    asking(({ since, ...query }) => ({ ...query, ...(since && { since: since + 1 }) })),
    asking(({ until, ...query }) => ({ ...query, ...(until && { until: until + 1 }) })),
    without('since'),
    without('until'),
  ],
  'lists only what matches everything given': [
    preferring('keyId', 'types'),
    preferring('types', 'since'),
    preferring('types', 'until'),
    preferring('actor', 'keyId'),
    preferring('subject', 'appId'),
    preferring('address', 'until'),
    preferring('requestId', 'appId'),
    preferring('actor', 'types'),
  ],
  'takes what is undefined for not given': [
    selecting(({ actor }, query) => !('actor' in query) || actor === query.actor),
    selecting(({ type }, query) => !('types' in query) || (query.types ?? []).includes(type)),
    selecting(({ at }, query) => !('since' in query) || at >= (query.since as number)),
    asking((query) => ('after' in query && !query.after ? { ...query, limit: 0 } : query)),
  ],
  'compares names to the letter, however odd': [
    matching((kept, wanted) => kept.toLowerCase() === wanted.toLowerCase()),
    matching((kept, wanted) => kept.trim() === wanted.trim()),
    matching((kept, wanted) => kept.startsWith(wanted)),
    matching((kept, wanted) => kept.normalize() === wanted.normalize()),
    matching((kept, wanted) => Buffer.from(kept).equals(Buffer.from(wanted))),
    matching((kept, wanted) => kept === wanted || (wanted === '%' && kept !== '')),
  ],
  'lists at most so many: the newest of those that match': [
    asking((query) => ({ ...query, limit: 1_000 })),
    (sound) => ({
      list: async ({ types, ...query }) =>
        (await sound.list(query)).filter(({ type }) => types?.includes(type) ?? true),
    }),
    (sound) => ({
      list: async ({ address, ...query }) =>
        (await sound.list(query)).filter((entry) => address === undefined || entry.address === address),
    }),
  ],
  'lists page after page: every entry once, in order, though many are of one millisecond': [
    asking((query) => ({ ...query, ...(query.after && { after: { ...query.after, id: '' } }) })),
    asking((query) => ({ ...query, ...(query.after && { after: { ...query.after, id: '\uffff' } }) })),
    without('after'),
  ],
  'lists page after page what matches, and nothing else': (
    ['types', 'actor', 'address', 'since'] as const
  ).map((part) => preferring('after', part)),
  'goes on after a position whose entry is not there, or does not match': (sound) => ({
    list: async ({ after, limit, ...query }) => {
      const matches = await sound.list({ ...query, limit: 1_000 });
      return matches.slice(after ? matches.findIndex(({ id }) => id === after.id) + 1 : 0).slice(0, limit);
    },
  }),
};

describe('the contract of audit stores', () => {
  const sound = () => new MemoryAuditStore();
  it.each(checksOf(sound, auditKeepingContract, keepingDefects))('of keeping $name', ({ verify }) =>
    verify(),
  );
  it.each(checksOf(sound, auditListingContract, listingDefects))('of lists $name', ({ verify }) => verify());
});
