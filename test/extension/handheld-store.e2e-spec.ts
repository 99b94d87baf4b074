import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from '@libsql/client';
import { type HandheldStore, MemoryHandheldStore } from './depot/handheld.store.js';
import { HANDHELD_STORE_CONTRACT } from './handheld-store-contract.js';
import { SqliteHandheldStore } from './sqlite-handheld-store.js';

describe('the handhelds in memory', () => {
  for (const [promise, check] of Object.entries(HANDHELD_STORE_CONTRACT))
    it(promise, () => check(new MemoryHandheldStore()));
});

describe('the handhelds in SQLite', () => {
  let folder: string;
  let client: Client;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portcullis-extension-'));
    client = createClient({ url: `file:${join(folder, 'depot.sqlite')}` });
  });
  afterEach(async () => {
    client.close();
    await rm(folder, { recursive: true });
  });

  for (const [promise, check] of Object.entries(HANDHELD_STORE_CONTRACT))
    it(promise, async () => check(await SqliteHandheldStore.open(client)));
});

describe('the contract finds a store that', () => {
  const broken: readonly [string, string, (store: HandheldStore) => Partial<HandheldStore>][] = [
    [
      'forgets where a handheld belongs',
      'keeps a handheld as it is',
      (store) => ({ insert: (one) => store.insert({ ...one, depot: '' }) }),
    ],
    [
      'lets the later of two win',
      'keeps the first of two with one id',
      (store) => ({ insert: (one) => store.insert(one).catch(() => undefined) }),
    ],
    ['blocks nobody', 'blocks for ever', () => ({ block: async () => true })],
    [
      'looks first and blocks then',
      'tells one of a hundred that it was the one',
      (store) => ({
        async block(id) {
          const isFree = (await store.find(id))?.isBlocked === false;
          await store.block(id);
          return isFree;
        },
      }),
    ],
  ];

  it.each(broken)('%s', async (_, promise, defect) => {
    const sound = new MemoryHandheldStore();
    const store = {
      insert: sound.insert.bind(sound),
      find: sound.find.bind(sound),
      block: sound.block.bind(sound),
      ...defect(sound),
    };
    await expect(HANDHELD_STORE_CONTRACT[promise]?.(store)).rejects.toThrow();
  });
});
