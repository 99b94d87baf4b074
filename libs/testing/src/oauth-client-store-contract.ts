import assert from 'node:assert/strict';
import type { OAuthClientStore } from '@portcullis/auth';
import { clientOf, NOW } from './oauth-samples.js';
import { atOnce, ODD_TEXTS, type StoreContract, vandalise } from './store-contract.js';

/** What every {@link OAuthClientStore} promises. */
export const oauthClientStoreContract: StoreContract<OAuthClientStore> = [
  {
    name: 'keeps clients as they were inserted',
    async verify(store) {
      const clients = [
        clientOf('c1'),
        clientOf('c2', { secrets: [], disabledAt: NOW + 3, version: 7, createdAt: NOW - 5, name: 'TV' }),
      ];
      for (const client of clients) await store.insert(client);
      for (const client of clients) assert.deepEqual(await store.find(client.clientId), client);
      assert.equal(await store.find('c3'), undefined);
      assert.equal(await store.find(''), undefined);
    },
  },
  {
    name: 'fails for an id that is taken, and leaves the client as it is',
    async verify(store) {
      await store.insert(clientOf('c1'));
      await assert.rejects(store.insert(clientOf('c1', { name: 'Impostor' })));
      assert.deepEqual(await store.find('c1'), clientOf('c1'));
    },
  },
  {
    name: 'keeps odd texts apart and as they are',
    async verify(store) {
      const withText = (text: string) =>
        clientOf(text, {
          ...{ name: text, metadata: text },
          secrets: [{ id: text, hash: text, createdAt: NOW, expiresAt: null }],
        });
      for (const text of ODD_TEXTS) await store.insert(withText(text));
      for (const text of ODD_TEXTS) assert.deepEqual(await store.find(text), withText(text));
      for (const text of ODD_TEXTS)
        assert.equal(await store.replace({ ...withText(text), version: 1 }), true);
      for (const text of ODD_TEXTS)
        assert.deepEqual(await store.find(text), { ...withText(text), version: 1 });
    },
  },
  {
    name: 'hands out what nobody can change it by',
    async verify(store) {
      const given = clientOf('c1');
      await store.insert(given);
      vandalise(given);
      vandalise(await store.find('c1'));
      vandalise(await store.list({ limit: 1 }));
      assert.deepEqual(await store.find('c1'), clientOf('c1'));
      const changed = clientOf('c1', { version: 1 });
      await store.replace(changed);
      vandalise(changed);
      assert.deepEqual(await store.find('c1'), clientOf('c1', { version: 1 }));
    },
  },
  {
    name: 'lists the newest first, page by page, whatever comes and goes meanwhile',
    async verify(store) {
      const ids = ['b', 'a', 'd', 'c'];
      for (const [index, id] of ids.entries())
        await store.insert(clientOf(id, { createdAt: NOW + (index >> 1) }));
      const all = await store.list({ limit: 10 });
      assert.deepEqual(
        all.map(({ clientId }) => clientId),
        ['d', 'c', 'b', 'a'],
      );
      assert.deepEqual(all[0], clientOf('d', { createdAt: NOW + 1 }));
      const after = { createdAt: NOW + 1, id: 'c' };
      await store.remove('c');
      await store.insert(clientOf('new', { createdAt: NOW + 2 }));
      assert.deepEqual(
        (await store.list({ after, limit: 1 })).map(({ clientId }) => clientId),
        ['b'],
      );
    },
  },
  {
    name: 'replaces the version before only, and keeps when it was made',
    async verify(store) {
      await store.insert(clientOf('c1'));
      await store.insert(clientOf('c2'));
      const next = clientOf('c1', {
        ...{ name: 'Shop', metadata: '{}', secrets: [], disabledAt: NOW + 1, version: 1, createdAt: NOW + 9 },
      });
      assert.equal(await store.replace({ ...next, version: 0 }), false);
      assert.equal(await store.replace({ ...next, version: 2 }), false);
      assert.equal(await store.replace({ ...next, clientId: 'c3' }), false);
      assert.deepEqual(await store.find('c1'), clientOf('c1'));
      assert.equal(await store.replace(next), true);
      assert.equal(await store.replace(next), false);
      assert.deepEqual(await store.find('c1'), { ...next, createdAt: NOW });
      assert.deepEqual(await store.find('c2'), clientOf('c2'));
      assert.equal(await store.find('c3'), undefined);
    },
  },
  {
    name: 'lets exactly one of many replace a version at the same time',
    async verify(store) {
      await store.insert(clientOf('c1'));
      const names = Array.from({ length: 50 }, (_, index) => `Shop ${index}`);
      const replaced = await atOnce(50, (index) =>
        store.replace(clientOf('c1', { name: names[index] as string, version: 1 })),
      );
      const winners = names.filter((_, index) => replaced[index]);
      assert.deepEqual(winners, [(await store.find('c1'))?.name]);
    },
  },
  {
    name: 'removes one once, at the same time too, and no other',
    async verify(store) {
      await store.insert(clientOf('c1'));
      await store.insert(clientOf('c2'));
      const removed = await atOnce(20, () => store.remove('c1'));
      assert.equal(removed.filter(Boolean).length, 1);
      assert.equal(await store.remove('c3'), false);
      assert.equal(await store.find('c1'), undefined);
      assert.equal(await store.replace(clientOf('c1', { version: 1 })), false);
      assert.deepEqual(await store.list({ limit: 10 }), [clientOf('c2')]);
      await store.insert(clientOf('c1', { name: 'Another' }));
      assert.equal((await store.find('c1'))?.name, 'Another');
    },
  },
];
