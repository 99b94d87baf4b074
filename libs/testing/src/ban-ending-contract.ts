import assert from 'node:assert/strict';
import type { BanStore } from '@portcullis/auth';
import { banOf, listAll, listedIds, NETWORK, NOW, OTHER_DETAILS, withoutStrikes } from './ban-samples.js';
import { atOnce, ODD_TEXTS, type StoreContract } from './store-contract.js';

const ACTIVE = { ...OTHER_DETAILS, liftedAt: null, liftedBy: null };

/** How bans are ended before their time. */
export const banEndingContract: StoreContract<BanStore> = [
  {
    name: 'lifts a ban, gives it back as it is now, and changes nothing else',
    async verify(store) {
      const ban = banOf('b1', ACTIVE);
      const others = [banOf('b2'), banOf('B1', ACTIVE), banOf('b', ACTIVE), banOf('b11')];
      await store.save([ban, ...others]);
      const lifted = { ...ban, expiresAt: NOW, liftedAt: NOW, liftedBy: 'boss' };
      assert.deepEqual(await store.lift('b1', NOW, 'boss'), withoutStrikes(lifted));
      assert.deepEqual(await store.findById('b1'), lifted);
      assert.deepEqual(await listAll(store, { activeAt: NOW - 1, networks: [ban.network], limit: 1 }), [
        withoutStrikes(lifted),
      ]);
      for (const other of others) assert.deepEqual(await store.findById(other.id), other);
    },
  },
  {
    name: 'lifts a ban that a list then no longer has as active, and that stays the newest of its network',
    async verify(store) {
      const ban = banOf('b1');
      await store.save([ban]);
      await store.lift('b1', NOW, null);
      assert.deepEqual(await listedIds(store, { activeAt: NOW }), []);
      const lifted = { ...withoutStrikes(ban), expiresAt: NOW, liftedAt: NOW };
      assert.deepEqual(await store.findLatest(NETWORK, false), lifted);
    },
  },
  {
    name: 'keeps the strikes of a lifted ban',
    async verify(store) {
      await store.save([banOf('b1')]);
      await store.lift('b1', NOW, null);
      assert.deepEqual((await store.findById('b1'))?.strikes, banOf('b1').strikes);
    },
  },
  {
    name: 'keeps who lifted a ban to the letter, and nobody known apart from an empty text',
    async verify(store) {
      for (const by of [null, '', 'nul\0', '\ud800', ...ODD_TEXTS]) {
        await store.save([banOf('b1')]);
        assert.equal((await store.lift('b1', NOW, by))?.liftedBy, by);
        assert.equal((await store.findById('b1'))?.liftedBy, by);
      }
    },
  },
  {
    name: 'lifts and forgets bans at once where it is given a transaction of somebody else',
    async verify(store) {
      await store.save([banOf('b1'), banOf('b2', { network: '192.0.2.1/32' }), banOf('b3')]);
      assert.equal((await store.lift('b1', NOW, null, {}))?.liftedAt, NOW);
      assert.equal((await store.findById('b1'))?.liftedAt, NOW);
      await store.forget('192.0.2.1/32', {});
      assert.equal(await store.findById('b2'), undefined);
      assert.equal(await store.forgetByIds(['b3'], {}), 1);
      assert.equal(await store.findById('b3'), undefined);
    },
  },
  {
    name: 'lifts a ban before its end and neither at it nor after it',
    async verify(store) {
      const bans = ['b1', 'b2', 'b3'].map((id) => banOf(id, { expiresAt: NOW }));
      await store.save(bans);
      assert.equal(await store.lift('b1', NOW + 1, null), undefined);
      assert.equal(await store.lift('b2', NOW, null), undefined);
      assert.equal((await store.lift('b3', NOW - 1, null))?.expiresAt, NOW - 1);
      for (const ban of bans.slice(0, 2)) assert.deepEqual(await store.findById(ban.id), ban);
    },
  },
  {
    name: 'lifts a ban that begins later',
    async verify(store) {
      await store.save([banOf('b1', { createdAt: NOW + 10, expiresAt: NOW + 20 })]);
      assert.equal((await store.lift('b1', NOW, null))?.expiresAt, NOW);
    },
  },
  {
    name: 'lifts a ban once: later calls find it over, whatever their time, and leave it as it is',
    async verify(store) {
      await store.save([banOf('b1')]);
      await store.lift('b1', NOW, 'first');
      for (const at of [NOW - 1, NOW, NOW + 1]) assert.equal(await store.lift('b1', at, 'again'), undefined);
      const lifted = banOf('b1', { expiresAt: NOW, liftedAt: NOW, liftedBy: 'first' });
      assert.deepEqual(await store.findById('b1'), lifted);
    },
  },
  {
    name: 'lifts nothing where there is nothing',
    async verify(store) {
      assert.equal(await store.lift('b1', NOW, null), undefined);
      assert.equal(await store.findById('b1'), undefined);
      await store.save([banOf('b1')]);
      assert.deepEqual(await store.findById('b1'), banOf('b1'));
    },
  },
  {
    name: 'gives a lifted ban to exactly one of concurrent calls, and keeps the time and the name of that one',
    async verify(store) {
      await store.save([banOf('b1')]);
      const answers = await atOnce(20, (index) => store.lift('b1', NOW - index, `call ${index}`));
      const ended = answers.filter((answer) => answer !== undefined);
      assert.equal(ended.length, 1);
      const index = answers.findIndex((answer) => answer !== undefined);
      const at = NOW - index;
      const lifted = banOf('b1', { expiresAt: at, liftedAt: at, liftedBy: `call ${index}` });
      assert.deepEqual(ended, [withoutStrikes(lifted)]);
      assert.deepEqual(await store.findById('b1'), lifted);
    },
  },
];
