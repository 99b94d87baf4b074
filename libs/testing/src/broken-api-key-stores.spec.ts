import {
  type ApiKeyRecord,
  type ApiKeyStore,
  type ApiKeyUse,
  MemoryApiKeyStore,
  stateOf,
} from '@portcullis/auth';
import { apiKeyListingContract } from './api-key-listing-contract.js';
import { appKey, listAll, NOW } from './api-key-samples.js';
import { checksOf, type Defect, type Defects, lossy, pause } from './broken-stores.js';
import { apiKeyStoreContract } from './index.js';

type Broken = Defect<ApiKeyStore>;
type Change = (record: ApiKeyRecord) => object;

const LATER = NOW + 60_000;
const changed = (record: ApiKeyRecord, change: Change) => ({ ...record, ...change(record) }) as ApiKeyRecord;

/** Keeps something else than what it was given. */
function keeping(change: Change): Broken {
  return (sound) => ({ insert: (record) => sound.insert(changed(record, change)) });
}

/** Finds by id something else than what it keeps. */
function finding(change: Change): Broken {
  return (sound) => ({
    findById: async (id) => {
      const record = await sound.findById(id);
      return record && changed(record, change);
    },
  });
}

/** Keeps metadata whose texts were changed on the way. */
function respelling(change: (text: string) => string): Broken {
  return keeping(({ metadata }) => ({
    metadata: JSON.parse(JSON.stringify(metadata), (_, value) =>
      typeof value === 'string' ? change(value) : value,
    ),
  }));
}

/** Revokes by the ids that it has looked up, one by one. */
function revokingWhere(isMeant: (key: ApiKeyRecord, selection: Record<string, unknown>) => boolean): Broken {
  return (sound) => ({
    revoke: async (selection, at, reason) => {
      const meant = (await listAll(sound)).filter((key) => isMeant(key, selection));
      return (await Promise.all(meant.map(({ id }) => sound.revoke({ id }, at, reason)))).flat();
    },
  });
}
const isExactly = (key: ApiKeyRecord, selection: object) =>
  Object.entries(selection).every(([name, value]) => Reflect.get(key, name) === value);

/** Writes down the last use beside the sound store, in its own way. */
function noting(isNoted: (use: ApiKeyUse, known: ApiKeyUse | undefined) => boolean): Broken {
  return (sound) => {
    const known = new Map<string, ApiKeyUse>();
    return {
      recordUses: async (uses) => {
        for (const use of uses) if (isNoted(use, known.get(use.id))) known.set(use.id, use);
      },
      findById: async (id) => {
        const record = await sound.findById(id);
        const { at: lastUsedAt = null, from: lastUsedFrom = null } = known.get(id) ?? {};
        return record && { ...record, lastUsedAt, lastUsedFrom };
      },
    };
  };
}

type Replacement = Parameters<ApiKeyStore['replace']>;

/** Replaces in its own way. */
function replacing(replace: (sound: ApiKeyStore, ...replacement: Replacement) => Promise<boolean>): Broken {
  return (sound) => ({ replace: (...replacement) => replace(sound, ...replacement) });
}

/** Replaces keys that it should not. */
function accepting(isAccepted: (key: ApiKeyRecord, at: number) => boolean): Broken {
  return replacing(async (sound, id, successor, at, end) => {
    const record = await sound.findById(id);
    if (record === undefined || !isAccepted(record, at)) return sound.replace(id, successor, at, end);
    await sound.insert(successor);
    return true;
  });
}

const inserted: Defects<ApiKeyStore> = {
  'is empty at first': [
    () => ({ list: async () => [appKey('k0')] }),
    () => ({ findByHash: async () => appKey('k0') }),
  ],
  'finds a key by its id and by its hash, and no other': [
    (sound) => ({ findById: async (id) => (await sound.findById(id)) ?? (await listAll(sound))[0] }),
    (sound) => ({ findByHash: (hash) => sound.findByHash(hash.toLowerCase()) }),
    (sound) => ({ findByHash: async (hash) => (await sound.findByHash(hash)) ?? sound.findById('') }),
  ],
  'keeps every field of the keys of apps and of users as it was inserted': [
    keeping(({ tenant }) => ({ tenant: tenant || null })),
    keeping(() => ({ lastUsedFrom: null })),
    keeping(() => ({ publicKey: null })),
    keeping(({ publicKey: _, ...record }) => ({ ...record, publicKey: undefined })),
    keeping((record) => ({ appId: null, ...record })),
    keeping((record) => ({ subject: undefined, ...record })),
  ],
  'keeps scopes and networks in their order, and an empty list apart from null': [
    keeping(({ scopes }) => ({ scopes: scopes.toSorted() })),
    keeping(({ scopes }) => ({ scopes: scopes.join(',').split(',') })),
    keeping(({ networks }) => ({ networks: networks?.length ? networks : null })),
  ],
  'keeps metadata as it is: nested, odd, empty, or only looking like something else': [
    respelling((text) => text.replaceAll('\u0000', '')),
    respelling((text) => Buffer.from(text).toString()),
    respelling((text) => text.normalize()),
    respelling((text) => (text === 'null' ? '' : text)),
    keeping(({ metadata }) => ({ metadata: Object.assign({}, metadata) })),
    keeping(({ metadata }) => ({ metadata: Object.keys(metadata).length === 0 ? null : metadata })),
  ],
  'keeps times and numbers exactly, early and far ones too, and 0 apart from null': [
    keeping(({ expiresAt }) => ({ expiresAt: expiresAt || null })),
    keeping(({ notBefore }) => ({ notBefore: Math.floor(notBefore / 1_000) * 1_000 })),
    keeping(({ createdAt }) => ({ createdAt: createdAt | 0 })),
    keeping(({ revokedAt }) => ({ revokedAt: revokedAt && String(revokedAt) })),
  ],
  'refuses an id a second time, also that of a revoked key, and leaves the first key standing': [
    (sound) => ({ insert: (record) => sound.insert(record).catch(() => {}) }),
    (sound) => {
      const latest = new Map<string, ApiKeyRecord>();
      return {
        insert: (record) => sound.insert(latest.set(record.id, record) && record),
        findById: async (id) => latest.get(id),
      };
    },
  ],
  'refuses a hash a second time, also that of a revoked key, and leaves the first key standing': (sound) => ({
    insert: (record) => sound.insert(record).catch(() => sound.insert({ ...record, hash: record.id })),
  }),
  'keeps every one of concurrent insertions': (sound) => ({
    insert: lossy((record) => sound.insert(record)),
  }),
  'keeps exactly one of concurrent insertions with the same hash': (sound) => ({
    insert: async (record) => {
      const isTaken = (await sound.findByHash(record.hash)) !== undefined;
      await pause();
      if (isTaken) throw new Error('taken');
      await sound.insert(record).catch(() => sound.insert({ ...record, hash: record.id }));
    },
  }),
  'takes ids and texts to the letter, however odd': [
    (sound) => ({ findById: (id) => sound.findById(id.normalize()) }),
    (sound) => ({ findByHash: (hash) => sound.findByHash(hash.trim()) }),
    keeping(({ name }) => ({ name: name.trim() })),
    keeping(({ metadata }) => ({ metadata: Object.assign({}, metadata) })),
  ],
  'gives and takes copies: what callers do to their objects does not reach it': [
    () => {
      const shared: ApiKeyRecord[] = [];
      return {
        insert: async (record) => void shared.push(record),
        list: async () => shared,
        findById: async () => shared[0],
      };
    },
    (sound) => {
      const kept = new Map<string, ApiKeyRecord>();
      return {
        replace: (id, successor, at, expiresAt) => {
          kept.set(successor.id, successor);
          return sound.replace(id, successor, at, expiresAt);
        },
        findById: async (id) => kept.get(id) ?? sound.findById(id),
      };
    },
  ],
};

const revoked: Defects<ApiKeyStore> = {
  'revokes one key, gives it back as it is now, and changes nothing else': [
    revokingWhere(({ id }, { id: wanted }) => id.toLowerCase() === wanted),
    revokingWhere(({ id }, { id: wanted }) => id.startsWith(String(wanted))),
    (sound) => ({ revoke: async (selection, at) => sound.revoke(selection, at, 'lost') }),
    (sound) => ({
      revoke: async (selection, at, reason) => {
        const before = await listAll(sound);
        const ids = (await sound.revoke(selection, at, reason)).map(({ id }) => id);
        return before.filter(({ id }) => ids.includes(id));
      },
    }),
  ],
  'revokes without a reason, and keeps an empty one apart from none': [
    (sound) => ({ revoke: (selection, at, reason) => sound.revoke(selection, at, reason ?? '') }),
    (sound) => ({ revoke: (selection, at, reason) => sound.revoke(selection, at, reason || null) }),
  ],
  'revokes of an app or a user only the keys of one tenant, where one is named': [
    revokingWhere((key, { tenant: _, ...holder }) => isExactly(key, holder)),
    revokingWhere((key, { tenant }) => isExactly(key, { tenant })),
  ],
  'revokes every key of an app, and of nobody else': [
    revokingWhere((key, { appId }) => 'appId' in key && key.appId.trim() === appId),
    revokingWhere((key, { appId }) => 'appId' in key && key.appId.toLowerCase() === appId),
    revokingWhere((key, { appId }) => ('appId' in key ? key.appId : key.subject) === appId),
    revokingWhere((key, { appId }) => isExactly(key, { appId }) && key.id === 'k1'),
  ],
  'revokes every token of a user, and of nobody else': [
    revokingWhere((key, { subject }) => isExactly(key, { subject })),
    revokingWhere((key, { issuer }) => isExactly(key, { issuer })),
    revokingWhere((key, { subject }) => isExactly(key, { subject }) || isExactly(key, { appId: subject })),
  ],
  'revokes keys that are expired, disabled, pending or replaced as well': [
    revokingWhere((key, selection) => isExactly(key, selection) && stateOf(key, NOW) !== 'expired'),
    revokingWhere((key, selection) => isExactly(key, selection) && stateOf(key, NOW) !== 'disabled'),
    revokingWhere((key, selection) => isExactly(key, selection) && stateOf(key, NOW) !== 'pending'),
    revokingWhere((key, selection) => isExactly(key, selection) && key.replacedBy === null),
  ],
  'revokes a key once: later revocations leave it out and its time and reason standing': [
    (sound) => ({
      revoke: async (selection, at, reason) => {
        await sound.revoke(selection, at, reason);
        return (await listAll(sound)).filter((key) => isExactly(key, selection));
      },
    }),
    (sound) => {
      let last: object = {};
      return {
        revoke: (selection, revokedAt, revokedReason) => {
          last = { revokedAt, revokedReason };
          return sound.revoke(selection, revokedAt, revokedReason);
        },
        findById: async (id) => {
          const record = await sound.findById(id);
          return record && changed(record, () => last);
        },
      };
    },
  ],
  'revokes nothing where there is nothing, nor what is inserted later': (sound) => {
    const ended: object[] = [];
    return {
      revoke: (selection, at, reason) => {
        ended.push(selection);
        return sound.revoke(selection, at, reason);
      },
      insert: (record) =>
        sound.insert(ended.some((each) => isExactly(record, each)) ? { ...record, revokedAt: NOW } : record),
    };
  },
  'revokes nothing when a part of the selection is undefined': [
    revokingWhere((key, selection) => isExactly(key, selection)),
    revokingWhere((key, selection) => isExactly(key, JSON.parse(JSON.stringify(selection)))),
  ],
  'gives each key to exactly one of concurrent revocations, and keeps the time and reason of that one': (
    sound,
  ) => ({
    revoke: async (selection, at, reason) => {
      const meant = (await listAll(sound)).filter(
        (key) => isExactly(key, selection) && key.revokedAt === null,
      );
      await pause();
      await sound.revoke(selection, at, reason);
      return meant;
    },
  }),
};

const changedKeys: Defects<ApiKeyStore> = {
  'disables a key and enables it again, gives it back as it is now, and changes nothing else': [
    (sound) => ({
      setDisabled: async (id, at) => {
        const before = await sound.findById(id);
        return (await sound.setDisabled(id, at)) && before;
      },
    }),
    (sound) => ({ setDisabled: async (id, at) => (at === null ? undefined : sound.setDisabled(id, at)) }),
    finding(({ id, disabledAt }) => ({ disabledAt: id === 'k3' ? NOW : disabledAt })),
  ],
  'answers with nothing when a key is disabled or enabled already, and leaves its time standing': [
    (sound) => ({
      setDisabled: async (id, at) => (await sound.setDisabled(id, at)) ?? sound.findById(id),
    }),
    (sound) => ({
      setDisabled: async (id, at) => {
        if (at !== null) await sound.setDisabled(id, null);
        return sound.setDisabled(id, at);
      },
    }),
  ],
  'neither disables nor enables a revoked key, nor one that is not there': [
    (sound) => ({
      setDisabled: async (id, at) => {
        const record = await sound.findById(id);
        return record?.revokedAt === null ? sound.setDisabled(id, at) : record;
      },
    }),
    (sound) => ({ setDisabled: async (id, at) => (await sound.setDisabled(id, at)) ?? appKey(id) }),
  ],
  'disables a key that is expired, pending or replaced as well': (['expired', 'pending'] as const)
    .map((state): Broken => {
      return (sound) => ({
        setDisabled: async (id, at) => {
          const record = await sound.findById(id);
          return record && stateOf(record, NOW) === state ? undefined : sound.setDisabled(id, at);
        },
      });
    })
    .concat((sound) => ({
      setDisabled: async (id, at) =>
        (await sound.findById(id))?.replacedBy ? undefined : sound.setDisabled(id, at),
    })),
  'gives the key to exactly one of concurrent disablings, and keeps the time of that one': (sound) => ({
    setDisabled: async (id, at) => {
      const record = await sound.findById(id);
      await pause();
      return (await sound.setDisabled(id, at)) ?? record;
    },
  }),
  'puts another hash in the place of one: the old one finds nothing, and all else stays': [
    () => ({ rehash: async () => {} }),
    (sound) => {
      const former = new Map<string, string>();
      return {
        rehash: (id, from, to) => sound.rehash(id, from, former.set(from, id) && to),
        findByHash: async (hash) =>
          (await sound.findByHash(hash)) ?? sound.findById(former.get(hash) ?? 'nobody'),
      };
    },
  ],
  'puts no hash in the place of another than the given one, nor of a key that is not there': [
    (sound) => ({
      rehash: async (id, _, to) => sound.rehash(id, (await sound.findById(id))?.hash ?? '', to),
    }),
    (sound) => ({
      rehash: async (_, from, to) => sound.rehash((await sound.findByHash(from))?.id ?? '', from, to),
    }),
    (sound) => ({ rehash: (id, from, to) => sound.rehash(id, from.toLowerCase(), to) }),
  ],
  'refuses the hash of another key in the place of one, and leaves both standing': (sound) => ({
    rehash: (id, from, to) => sound.rehash(id, from, to).catch(() => {}),
  }),
  'puts exactly one of concurrent hashes in the place of the same one': (sound) => {
    const added = new Map<string, string>();
    return {
      rehash: async (id, from, to) => {
        const record = await sound.findById(id);
        await pause();
        if (record?.hash === from) added.set(to, id);
      },
      findByHash: async (hash) => sound.findById(added.get(hash) ?? 'nobody'),
    };
  },
  'keeps every one of concurrent changes of one key': (sound) => {
    const writing = new Set<string>();
    return {
      recordUses: async (uses) => {
        for (const { id } of uses) writing.add(id);
        await pause();
        writing.clear();
        await sound.recordUses(uses);
      },
      rehash: async (id, from, to) => (writing.has(id) ? undefined : sound.rehash(id, from, to)),
    };
  },
};

const replaced: Defects<ApiKeyStore> = {
  'puts a successor in the place of a key, and changes nothing else of it': [
    finding(() => ({ replacedBy: null })),
    replacing((sound, id, successor, at, end) => sound.replace(id, { ...successor, createdAt: at }, at, end)),
    replacing((sound, id, successor, at, end) => sound.replace(id, successor, at, end + 1)),
    replacing(async (sound, id, successor, at, end) => {
      await sound.revoke({ id: 'k5' }, at, null);
      return sound.replace(id, successor, at, end);
    }),
  ],
  'puts a successor in the place of a successor': replacing(async (sound, id, successor, at, end) =>
    (await listAll(sound)).some(({ replacedBy }) => replacedBy === id)
      ? false
      : sound.replace(id, successor, at, end),
  ),
  'never lets a key work longer because it has a successor': [
    finding(({ replacedBy, expiresAt }) => ({ expiresAt: replacedBy ? LATER : expiresAt })),
    replacing((sound, id, successor, at) => sound.replace(id, successor, at, at)),
  ],
  'ends a key at once when its successor is to replace it now': [
    replacing((sound, id, successor, at, end) => sound.replace(id, successor, at, Math.max(end, at + 1))),
    replacing((sound, id, successor, at, end) =>
      sound.replace(id, { ...successor, notBefore: at + 1 }, at, end),
    ),
  ],
  'puts a successor in the place of a key that does not work yet': replacing(
    async (sound, id, successor, at, end) =>
      ((await sound.findById(id))?.notBefore ?? 0) <= at && sound.replace(id, successor, at, end),
  ),
  'refuses and does not keep the successor of a key that is revoked, expired, disabled or replaced': [
    replacing(async (sound, id, successor, at, end) => {
      if (await sound.replace(id, successor, at, end)) return true;
      await sound.insert(successor);
      return false;
    }),
    accepting(({ revokedAt }, at) => revokedAt !== null && revokedAt > at),
    accepting(({ expiresAt }, at) => expiresAt === at),
    accepting(({ disabledAt }, at) => disabledAt !== null && disabledAt > at),
    accepting(({ disabledAt, notBefore }, at) => disabledAt !== null && notBefore > at),
    accepting(({ replacedBy }) => replacedBy !== null),
  ],
  'refuses and does not keep the successor of a key that is not there': [
    replacing(async (sound, id, successor, at, end) => {
      if ((await sound.findById(id)) !== undefined) return sound.replace(id, successor, at, end);
      await sound.insert(successor);
      return false;
    }),
    replacing((sound, id, successor, at, end) => sound.replace(id.toLowerCase(), successor, at, end)),
  ],
  'looks at a key at the given time, and not at its own': replacing((sound, id, successor, _, end) =>
    sound.replace(id, successor, Date.now(), end),
  ),
  'leaves a key as it is when the id or the hash of its successor is taken': [
    replacing((sound, id, successor, at, end) => sound.replace(id, successor, at, end).catch(() => false)),
    replacing((sound, id, successor, at, end) =>
      sound.replace(id, successor, at, end).catch(async (error) => {
        await sound.setDisabled(id, at);
        throw error;
      }),
    ),
  ],
  'accepts exactly one of concurrent replacements, and keeps no other successor': [
    replacing(async (sound, id, successor, at, end) => {
      const record = await sound.findById(id);
      await pause();
      const accepted = await sound.replace(id, successor, at, end);
      if (!accepted && record?.replacedBy === null) await sound.insert(successor);
      return accepted;
    }),
    replacing(async (sound, id, successor, at, end) => {
      const record = await sound.findById(id);
      await pause();
      return (await sound.replace(id, successor, at, end)) || record?.replacedBy === null;
    }),
  ],
  'lets no successor escape a concurrent revocation of its holder': (sound) => ({
    revoke: async (selection, at, reason) => {
      const seen = (await listAll(sound)).filter((key) => isExactly(key, selection));
      await pause();
      return (await Promise.all(seen.map(({ id }) => sound.revoke({ id }, at, reason)))).flat();
    },
    replace: async (...replacement) => {
      await null;
      await null;
      return sound.replace(...replacement);
    },
  }),
};

const used: Defects<ApiKeyStore> = {
  'notes the uses of many keys at once, whatever their state, and changes nothing else of them': [
    (sound) => ({ recordUses: (uses) => sound.recordUses(uses.slice(0, 1)) }),
    (sound) => ({ recordUses: (uses) => sound.recordUses(uses.map((use) => ({ ...use, at: NOW }))) }),
    (sound) => ({
      recordUses: async (uses) => {
        const ended = (await listAll(sound)).filter(({ revokedAt }) => revokedAt !== null);
        await sound.recordUses(uses.filter((use) => !ended.some(({ id }) => id === use.id)));
      },
    }),
  ],
  'notes a newer use in the place of an older one': noting((_, known) => known === undefined),
  'leaves what it knows standing when a use is older, or of the same time': [
    noting(() => true),
    noting(({ at }, known) => known === undefined || at >= known.at),
  ],
  'notes the latest of several uses of one key in one batch, in whatever order they come': [
    noting(() => true),
    noting((_, known) => known === undefined),
  ],
  'passes over the uses of keys that are not there, and notes the others': [
    (sound) => ({
      recordUses: async (uses) => {
        for (const use of uses) {
          if ((await sound.findById(use.id)) === undefined) throw new Error(`no key ${use.id}`);
          await sound.recordUses([use]);
        }
      },
    }),
    (sound) => ({
      recordUses: async (uses) => {
        for (const use of uses) {
          if ((await sound.findById(use.id)) === undefined) return;
          await sound.recordUses([use]);
        }
      },
    }),
    (sound) => ({
      recordUses: async (uses) => {
        for (const { id } of uses) await sound.insert(appKey(id)).catch(() => {});
        await sound.recordUses(uses);
      },
    }),
  ],
  'takes a batch of no uses': (sound) => ({
    recordUses: async (uses) => {
      if (uses.length === 0) throw new Error('syntax error at or near ")"');
      await sound.recordUses(uses);
    },
  }),
  'takes a batch of tens of thousands of uses': [
    (sound) => ({
      recordUses: async (uses) => {
        if (uses.length * 3 > 65_535) throw new Error('too many parameters');
        await sound.recordUses(uses);
      },
    }),
    (sound) => ({ recordUses: (uses) => sound.recordUses(uses.slice(0, 1_000)) }),
  ],
  'notes the latest of concurrent uses': (sound) => ({
    recordUses: lossy((uses: readonly ApiKeyUse[]) => sound.recordUses(uses)),
  }),
};

describe('the contract of API key stores', () => {
  // What lists break is in a file of its own.
  const contract = apiKeyStoreContract.filter((promise) => !apiKeyListingContract.includes(promise));
  const defects = { ...inserted, ...revoked, ...changedKeys, ...replaced, ...used };
  const checks = checksOf(() => new MemoryApiKeyStore(), contract, defects);
  it.each(checks)('$name', ({ verify }) => verify());
});
