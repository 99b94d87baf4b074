import { MemoryOAuthClientStore, type OAuthClientRecord, type OAuthClientStore } from '@portcullis/auth';
import { checksOf, type Defects, pause } from './broken-stores.js';
import { oauthClientStoreContract } from './index.js';

const broken: Defects<OAuthClientStore> = {
  'keeps clients as they were inserted': [
    (sound) => ({ insert: (client) => sound.insert({ ...client, disabledAt: null }) }),
    (sound) => ({ insert: (client) => sound.insert({ ...client, version: 0 }) }),
    (sound) => ({ insert: (client) => sound.insert({ ...client, secrets: client.secrets.slice(0, 1) }) }),
    (sound) => ({ find: async (id) => (await sound.find(id)) ?? sound.find('c1') }),
  ],
  'fails for an id that is taken, and leaves the client as it is': [
    (sound) => ({ insert: (client) => sound.insert(client).catch(() => undefined) }),
    (sound) => ({
      insert: async (client) => {
        const before = await sound.find(client.clientId);
        if (before === undefined) return sound.insert(client);
        await sound.replace({ ...client, version: before.version + 1 });
        throw new Error('taken');
      },
    }),
  ],
  'keeps odd texts apart and as they are': [
    (sound) => ({ insert: (client) => sound.insert({ ...client, name: client.name.trim() }) }),
    (sound) => ({ replace: (client) => sound.replace({ ...client, metadata: client.metadata.trim() }) }),
  ],
  'hands out what nobody can change it by': [
    () => {
      const clients = new Map<string, OAuthClientRecord>();
      return {
        insert: async (client) => void clients.set(client.clientId, client),
        find: async (id) => clients.get(id),
        list: async () => [...clients.values()],
      };
    },
    (sound) => {
      let replaced: OAuthClientRecord | undefined;
      return {
        replace: async (client) => {
          replaced = client;
          return true;
        },
        find: async (id) => replaced ?? sound.find(id),
      };
    },
  ],
  'lists the newest first, page by page, whatever comes and goes meanwhile': [
    (sound) => ({ list: async (query) => (await sound.list(query)).toReversed() }),
    (sound) => ({ list: ({ limit }) => sound.list({ limit }) }),
    (sound) => ({
      // Goes on from a client that has to be there.
      list: async (query) =>
        query.after !== undefined && (await sound.find(query.after.id)) === undefined
          ? []
          : sound.list(query),
    }),
  ],
  'replaces the version before only, and keeps when it was made': [
    (sound) => ({
      replace: async (client) => {
        const version = (await sound.find(client.clientId))?.version ?? 0;
        return sound.replace({ ...client, version: version + 1 });
      },
    }),
    (sound) => ({
      replace: async (client) => {
        await sound.remove(client.clientId);
        await sound.insert(client);
        return true;
      },
    }),
    (sound) => ({ replace: (client) => sound.replace({ ...client, disabledAt: null }) }),
  ],
  'lets exactly one of many replace a version at the same time': (sound) => ({
    replace: async (client) => {
      const before = await sound.find(client.clientId);
      await pause();
      await sound.replace(client);
      return before?.version === client.version - 1;
    },
  }),
  'removes one once, at the same time too, and no other': [
    (sound) => ({
      remove: async (id) => {
        const before = await sound.find(id);
        await pause();
        await sound.remove(id);
        return before !== undefined;
      },
    }),
    () => ({ remove: async (id) => id === 'c1' }),
    (sound) => ({
      remove: async (id) => {
        await sound.remove('c2');
        return sound.remove(id);
      },
    }),
  ],
};

describe('the contract of stores of OAuth clients', () => {
  const checks = checksOf(() => new MemoryOAuthClientStore(), oauthClientStoreContract, broken);
  it.each(checks)('$name', ({ verify }) => verify(), 30_000);
});
