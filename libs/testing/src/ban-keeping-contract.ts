import assert from 'node:assert/strict';
import type { BanStore } from '@portcullis/auth';
import {
  banOf,
  idsOf,
  listAll,
  listedIds,
  NETWORK,
  NOW,
  OTHER_DETAILS,
  STRIKE,
  withoutStrikes,
} from './ban-samples.js';
import { atOnce, ODD_TEXTS, type StoreContract, vandalise } from './store-contract.js';

/** How bans are saved and found again. */
export const banKeepingContract: StoreContract<BanStore> = [
  {
    name: 'is empty at first',
    async verify(store) {
      assert.deepEqual(await listAll(store), []);
      assert.equal(await store.findById('b1'), undefined);
      for (const shadow of [false, true]) assert.equal(await store.findLatest(NETWORK, shadow), undefined);
      assert.equal(await store.forgetByIds(['b1']), 0);
    },
  },
  {
    name: 'keeps a ban as it was saved, with its strikes',
    async verify(store) {
      const bans = [banOf('b1'), banOf('b2', OTHER_DETAILS), banOf('b3', { strikes: [], reason: '' })];
      for (const ban of bans) await store.save([ban]);
      for (const ban of bans) assert.deepEqual(await store.findById(ban.id), ban);
    },
  },
  {
    name: 'keeps all of several bans that are saved at once',
    async verify(store) {
      const bans = [banOf('b1'), banOf('b2', { strikes: [] }), banOf('b3', OTHER_DETAILS), banOf('b4')];
      await store.save(bans);
      for (const ban of bans) assert.deepEqual(await store.findById(ban.id), ban);
      assert.deepEqual((await listedIds(store)).toSorted(), idsOf(bans));
    },
  },
  {
    name: 'keeps the last of bans with one id that are saved at once',
    async verify(store) {
      const last = banOf('b1', OTHER_DETAILS);
      await store.save([banOf('b1'), banOf('b1', { network: '::/0' }), last]);
      assert.deepEqual(await store.findById('b1'), last);
      assert.deepEqual(await listAll(store), [withoutStrikes(last)]);
    },
  },
  {
    name: 'takes a saving of no bans',
    async verify(store) {
      await store.save([banOf('b1')]);
      await assert.doesNotReject(store.save([]));
      assert.deepEqual(await listedIds(store), ['b1']);
    },
  },
  {
    name: 'takes ten thousand bans at once',
    async verify(store) {
      const bans = Array.from({ length: 10_000 }, (_, index) => banOf(`b${10_000 + index}`));
      await assert.doesNotReject(store.save(bans));
      assert.deepEqual(await listedIds(store), idsOf(bans).toReversed());
      assert.deepEqual(await store.findById('b19999'), bans.at(-1));
    },
  },
  {
    name: 'shows the bans that are saved at once all or not at all',
    async verify(store) {
      const bans = Array.from({ length: 20 }, (_, index) => banOf(`b${index}`));
      const saved = store.save(bans);
      const seen = await atOnce(20, () => listAll(store));
      await saved;
      for (const { length } of seen) assert.ok(length === 0 || length === 20, `${length} of 20`);
    },
  },
  {
    name: 'replaces a ban by one with the same id, all of it',
    async verify(store) {
      await store.save([banOf('b1'), banOf('b2', { network: '::/0' })]);
      const changed = banOf('b1', OTHER_DETAILS);
      await store.save([changed]);
      assert.deepEqual(await store.findById('b1'), changed);
      assert.deepEqual(await store.findLatest(changed.network, true), withoutStrikes(changed));
      assert.equal(await store.findLatest(NETWORK, false), undefined);
      assert.deepEqual(await listedIds(store, { networks: [NETWORK] }), []);
      assert.deepEqual(await listedIds(store), ['b2', 'b1']);
    },
  },
  {
    name: 'replaces the strikes of a ban: by fewer, by none, by others',
    async verify(store) {
      await store.save([banOf('b1')]);
      for (const strikes of [[STRIKE], [], [STRIKE, STRIKE, STRIKE]]) {
        await store.save([banOf('b1', { strikes })]);
        assert.deepEqual((await store.findById('b1'))?.strikes, strikes);
      }
    },
  },
  {
    name: 'keeps strikes in their order, and all of those that are alike',
    async verify(store) {
      const strikes = [3, 1, 2, 2, 12].map((points) => ({ ...STRIKE, points }));
      await store.save([banOf('b1', { strikes })]);
      assert.deepEqual((await store.findById('b1'))?.strikes, strikes);
    },
  },
  {
    name: 'gives strikes with a ban found by its id, and with no other',
    async verify(store) {
      const ban = banOf('b1');
      await store.save([ban]);
      assert.deepEqual((await store.findById('b1'))?.strikes, ban.strikes);
      assert.deepEqual(await listAll(store), [withoutStrikes(ban)]);
      assert.deepEqual(await store.findLatest(NETWORK, false), withoutStrikes(ban));
      assert.equal(Object.hasOwn((await store.lift('b1', NOW, null)) ?? {}, 'strikes'), false);
    },
  },
  {
    name: 'finds the newest ban of a network, in whatever order they were saved',
    async verify(store) {
      for (const age of [2, 1, 3]) await store.save([banOf(`b${age}`, { createdAt: NOW - age })]);
      assert.equal((await store.findLatest(NETWORK, false))?.id, 'b1');
    },
  },
  {
    name: 'finds of the newest bans of one millisecond the one with the greatest id',
    async verify(store) {
      for (const id of ['b2', 'b3', 'b1']) await store.save([banOf(id)]);
      assert.equal((await store.findLatest(NETWORK, false))?.id, 'b3');
    },
  },
  {
    name: 'finds the newest ban of a network though it is over before an older one',
    async verify(store) {
      await store.save([
        banOf('b1', { createdAt: NOW - 2, expiresAt: NOW + 1 }),
        banOf('b2', { createdAt: NOW - 1, expiresAt: NOW - 1 }),
      ]);
      assert.equal((await store.findLatest(NETWORK, false))?.id, 'b2');
    },
  },
  {
    name: 'finds the newest ban of exactly this network, neither of a wider nor of a narrower one',
    async verify(store) {
      const wider = banOf('wider', { network: '203.0.113.0/24', createdAt: NOW });
      const narrower = banOf('narrower', { network: '203.0.113.70/32', createdAt: NOW });
      await store.save([wider, narrower]);
      assert.equal(await store.findLatest(NETWORK, false), undefined);
      await store.save([banOf('b1')]);
      assert.equal((await store.findLatest(NETWORK, false))?.id, 'b1');
    },
  },
  {
    name: 'finds the newest shadow and the newest other ban of a network apart',
    async verify(store) {
      await store.save([banOf('b1', { createdAt: NOW - 2 })]);
      assert.equal(await store.findLatest(NETWORK, true), undefined);
      await store.save([banOf('b2', { shadow: true, createdAt: NOW - 1 })]);
      await store.save([banOf('b3', { shadow: true, createdAt: NOW - 3 })]);
      assert.equal((await store.findLatest(NETWORK, false))?.id, 'b1');
      assert.equal((await store.findLatest(NETWORK, true))?.id, 'b2');
    },
  },
  {
    name: 'keeps every one of concurrent savings',
    async verify(store) {
      await atOnce(20, (index) => store.save([banOf(`b${index}`)]));
      assert.equal((await listAll(store)).length, 20);
    },
  },
  {
    name: 'takes ids and texts to the letter, however odd',
    async verify(store) {
      const texts = [...ODD_TEXTS, '', 'nul\0', 'nul\0 and more', '\u0000', '\\u0000', '\ud800', '\udc00x'];
      const bans = texts.map((text, index) =>
        banOf(text, {
          ...{ network: text, reason: text, rule: text, actor: text, liftedBy: text },
          createdAt: NOW - index,
          strikes: [{ ...STRIKE, rule: text, address: text, requestId: text, method: text, path: text }],
        }),
      );
      await store.save(bans.slice(1));
      assert.equal(await store.findById('plain'), undefined);
      await store.save(bans.slice(0, 1));
      assert.deepEqual(await listAll(store), bans.map(withoutStrikes));
      for (const ban of bans) {
        assert.deepEqual(await store.findById(ban.id), ban);
        assert.deepEqual(await store.findLatest(ban.network, false), withoutStrikes(ban));
      }
    },
  },
  {
    name: 'gives and takes copies: what callers do to their objects does not reach it',
    async verify(store) {
      const given = [banOf('b1')];
      await store.save(given);
      vandalise(given);
      vandalise(await store.findById('b1'));
      vandalise(await listAll(store));
      vandalise(await store.findLatest(NETWORK, false));
      assert.deepEqual(await store.findById('b1'), banOf('b1'));
      vandalise(await store.lift('b1', NOW, null));
      assert.deepEqual(await store.findById('b1'), banOf('b1', { expiresAt: NOW, liftedAt: NOW }));
    },
  },
];
