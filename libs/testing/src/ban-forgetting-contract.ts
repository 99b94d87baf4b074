import assert from 'node:assert/strict';
import type { BanStore } from '@portcullis/auth';
import { banOf, idsOf, listAll, listedIds, NETWORK, NOW } from './ban-samples.js';
import { atOnce, ODD_TEXTS, type StoreContract } from './store-contract.js';

const byAdmin = { rule: null, actor: 'ops' };

/** How bans are forgotten. */
export const banForgettingContract: StoreContract<BanStore> = [
  {
    name: 'forgets every ban of a network, over, lifted and shadows too',
    async verify(store) {
      await store.save([
        banOf('b1'),
        banOf('b2', { expiresAt: NOW - 1 }),
        banOf('b3', { shadow: true }),
        banOf('b4', { liftedAt: NOW, expiresAt: NOW }),
        banOf('b5', byAdmin),
      ]);
      await store.forget(NETWORK);
      assert.deepEqual(await listAll(store), []);
      assert.equal(await store.findById('b1'), undefined);
      for (const shadow of [false, true]) assert.equal(await store.findLatest(NETWORK, shadow), undefined);
    },
  },
  {
    name: 'forgets the bans of exactly this network, however odd',
    async verify(store) {
      const networks = ['203.0.113.0/24', '203.0.113.70/32', '203.0.113.7', ...ODD_TEXTS];
      const bans = networks.map((network, index) => banOf(`b${index}`, { network, createdAt: NOW - index }));
      await store.save(bans);
      await store.forget(NETWORK);
      assert.deepEqual(await listedIds(store), idsOf(bans));
      for (const [index, network] of networks.entries()) {
        await store.forget(network);
        assert.deepEqual(await listedIds(store), idsOf(bans.slice(index + 1)));
      }
    },
  },
  {
    name: 'forgets with a ban its strikes',
    async verify(store) {
      const forgettings = [
        () => store.forget(NETWORK),
        () => store.forgetExpiredBefore(NOW + 1_000),
        () => store.trim(0),
        () => store.forgetByIds(['b1']),
      ];
      for (const forgetting of forgettings) {
        await store.save([banOf('b1')]);
        await forgetting();
        assert.equal(await store.findById('b1'), undefined);
        await store.save([banOf('b1', { strikes: [] })]);
        assert.deepEqual((await store.findById('b1'))?.strikes, []);
      }
    },
  },
  {
    name: 'forgets bans that ended at or before the given time, and no other',
    async verify(store) {
      const ends = [NOW - 1, NOW, NOW + 1];
      await store.save(ends.map((expiresAt, index) => banOf(`b${index}`, { expiresAt, ...byAdmin })));
      await store.forgetExpiredBefore(NOW);
      await store.forgetExpiredBefore(NOW);
      assert.deepEqual(await listedIds(store), ['b2']);
      assert.equal(await store.findById('b1'), undefined);
      assert.deepEqual(await store.findById('b2'), banOf('b2', { expiresAt: NOW + 1, ...byAdmin }));
    },
  },
  {
    name: 'keeps a ban that is over until it is told to forget it',
    async verify(store) {
      await store.save([banOf('b1', { expiresAt: NOW - 1 }), banOf('b2', { expiresAt: NOW + 9 })]);
      await store.forgetExpiredBefore(NOW - 2);
      await listAll(store, { activeAt: NOW });
      await store.lift('b2', NOW - 1, null);
      assert.deepEqual(await listedIds(store), ['b2', 'b1']);
    },
  },
  {
    name: 'trims to so many bans: forgets those that end first, in whatever order they were made',
    async verify(store) {
      const ends = [4, 2, 5, 1, 3];
      await store.save(
        ends.map((end) => banOf(`b${end}`, { expiresAt: NOW + end, createdAt: NOW - ((end * 3) % 5) })),
      );
      await store.trim(3);
      assert.deepEqual((await listedIds(store)).toSorted(), ['b3', 'b4', 'b5']);
      assert.equal(await store.findById('b2'), undefined);
      assert.deepEqual((await store.findById('b3'))?.strikes, banOf('b3').strikes);
    },
  },
  {
    name: 'trims to exactly so many, though they end at one time',
    async verify(store) {
      await store.save(['b1', 'b2', 'b3', 'b4', 'b5'].map((id) => banOf(id)));
      await store.trim(2);
      assert.equal((await listAll(store)).length, 2);
    },
  },
  {
    name: 'trims only what a rule decided, and counts nothing else',
    async verify(store) {
      await store.save([
        banOf('b1', { ...byAdmin, expiresAt: NOW + 1 }),
        banOf('b2', { expiresAt: NOW + 2 }),
        banOf('b3', { ...byAdmin, expiresAt: NOW + 3 }),
        banOf('b4', { expiresAt: NOW + 4, rule: '' }),
      ]);
      await store.trim(2);
      assert.deepEqual(await listedIds(store), ['b4', 'b3', 'b2', 'b1']);
      await store.trim(1);
      assert.deepEqual(await listedIds(store), ['b4', 'b3', 'b1']);
    },
  },
  {
    name: 'trims shadows and bans that are over like others',
    async verify(store) {
      await store.save([
        banOf('b1', { expiresAt: NOW - 2 }),
        banOf('b2', { expiresAt: NOW + 1, shadow: true }),
        banOf('b3', { expiresAt: NOW + 2 }),
      ]);
      await store.trim(2);
      assert.deepEqual(await listedIds(store), ['b3', 'b2']);
      await store.trim(1);
      assert.deepEqual(await listedIds(store), ['b3']);
    },
  },
  {
    name: 'trims nothing while there are no more than so many',
    async verify(store) {
      await assert.doesNotReject(store.trim(0));
      await store.save([banOf('b1'), banOf('b2')]);
      for (const max of [2, 3, 1_000_000]) await store.trim(max);
      assert.deepEqual(await listedIds(store), ['b2', 'b1']);
    },
  },
  {
    name: 'trims to none',
    async verify(store) {
      await store.save([banOf('b1'), banOf('b2', byAdmin), banOf('b3')]);
      await store.trim(0);
      assert.deepEqual(await listedIds(store), ['b2']);
    },
  },
  {
    name: 'forgets bans by their ids, whatever they are, and says how many that was, strikes not counted',
    async verify(store) {
      const kept = [banOf('b5'), banOf('B1'), banOf('b'), banOf('b11')];
      await store.save([banOf('b1'), banOf('b2', { expiresAt: NOW - 1 }), banOf('b3', byAdmin), ...kept]);
      await store.save([banOf('b4', { shadow: true, network: '::/0' })]);
      assert.equal(await store.forgetByIds(['b1', 'b2', 'b3', 'b4', 'b1', 'none', '']), 4);
      assert.equal(await store.findById('b1'), undefined);
      assert.equal(await store.findLatest('::/0', true), undefined);
      assert.deepEqual((await listedIds(store)).toSorted(), idsOf(kept).toSorted());
      for (const ids of [['b1', 'b2'], []]) assert.equal(await store.forgetByIds(ids), 0);
    },
  },
  {
    name: 'forgets bans by their ids to the letter, however odd',
    async verify(store) {
      const odd = [...ODD_TEXTS].map((id, index) => banOf(id, { createdAt: NOW - index }));
      await store.save(odd);
      for (const { id } of odd) {
        assert.equal(await store.forgetByIds([id]), 1);
        assert.equal(await store.findById(id), undefined);
      }
      assert.deepEqual(await listAll(store), []);
    },
  },
  {
    name: 'keeps what is saved after it was forgotten',
    async verify(store) {
      await store.save([banOf('b1')]);
      await store.forgetByIds(['b1', 'b2']);
      await store.save([banOf('b1'), banOf('b2')]);
      assert.deepEqual(await listedIds(store, { networks: [NETWORK] }), ['b2', 'b1']);
      assert.deepEqual(await store.findById('b1'), banOf('b1'));
    },
  },
  {
    name: 'counts each ban in one of concurrent calls only that forget it by its id',
    async verify(store) {
      const ids = ['b1', 'b2', 'b3'];
      await store.save(ids.map((id) => banOf(id)));
      const counts = await atOnce(10, () => store.forgetByIds(ids));
      assert.equal(
        counts.reduce((sum, count) => sum + count),
        3,
      );
    },
  },
  {
    name: 'forgets thousands of bans in each of its ways',
    async verify(store) {
      const bans = Array.from({ length: 3_001 }, (_, index) => banOf(`b${index}`, { strikes: [] }));
      const other = banOf('other', { network: '::/0', expiresAt: NOW + 9_000, strikes: [] });
      await store.save([...bans, other]);
      await store.forget(NETWORK);
      assert.deepEqual(await listedIds(store), ['other']);
      await store.save(bans);
      await store.forgetExpiredBefore(NOW + 1_000);
      assert.deepEqual(await listedIds(store), ['other']);
      await store.save(bans);
      await store.trim(1);
      assert.deepEqual(await listedIds(store), ['other']);
      await store.save(bans);
      for (let from = 0; from < 3_000; from += 1_000)
        assert.equal(await store.forgetByIds(idsOf(bans.slice(from, from + 1_000))), 1_000);
      assert.deepEqual((await listedIds(store)).toSorted(), ['b3000', 'other']);
    },
  },
  {
    name: 'loses no ban that is saved while others are forgotten',
    async verify(store) {
      const over = Array.from({ length: 10 }, (_, index) =>
        banOf(`over${index}`, { network: `192.0.2.${index}/32`, expiresAt: NOW - 1 }),
      );
      await store.save(over);
      await atOnce(20, async (index) => {
        if (index % 2 === 0) await store.save([banOf(`b${index}`)]);
        else if (index % 4 === 1) await store.forget(`192.0.2.${(index - 1) / 2}/32`);
        else await store.forgetExpiredBefore(NOW);
      });
      const saved = Array.from({ length: 10 }, (_, index) => `b${2 * index}`);
      assert.deepEqual((await listedIds(store)).toSorted(), saved.toSorted());
    },
  },
];
