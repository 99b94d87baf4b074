import assert from 'node:assert/strict';
import type { Ban, BanStore } from '@portcullis/auth';
import { atOnce, ODD_TEXTS, type StoreContract, vandalise } from './store-contract.js';

const NOW = Date.UTC(2030, 0, 1);
const NETWORK = '203.0.113.7/32';

function banOf(id: string, details: Partial<Ban> = {}): Ban {
  return {
    id,
    network: NETWORK,
    reason: '20 strikes',
    offence: 1,
    createdAt: NOW - 1_000,
    expiresAt: NOW + 1_000,
    ...details,
  };
}

const idsOf = (bans: readonly Ban[]) => bans.map(({ id }) => id);

/** What every {@link BanStore} promises. */
export const banStoreContract: StoreContract<BanStore> = [
  {
    name: 'is empty at first',
    async verify(store) {
      assert.deepEqual(await store.findActive(NOW), []);
      assert.equal(await store.findLatest(NETWORK), undefined);
    },
  },
  {
    name: 'keeps a ban as it was saved',
    async verify(store) {
      const ban = banOf('b1', { network: '2001:db8::/64', reason: 'spec', offence: 7 });
      await store.save(ban);
      assert.deepEqual(await store.findActive(NOW), [ban]);
      assert.deepEqual(await store.findLatest('2001:db8::/64'), ban);
    },
  },
  {
    name: 'replaces a ban by one with the same id, all of it',
    async verify(store) {
      await store.save(banOf('b1'));
      const changed = banOf('b1', {
        network: '::/0',
        reason: 'x',
        offence: 2,
        createdAt: NOW,
        expiresAt: NOW + 5,
      });
      await store.save(changed);
      assert.deepEqual(await store.findActive(NOW), [changed]);
      assert.deepEqual(await store.findLatest('::/0'), changed);
      assert.equal(await store.findLatest(NETWORK), undefined);
    },
  },
  {
    name: 'keeps several bans of one network',
    async verify(store) {
      await store.save(banOf('b1', { createdAt: NOW - 2 }));
      await store.save(banOf('b2', { createdAt: NOW - 1 }));
      assert.deepEqual(idsOf(await store.findActive(NOW)), ['b2', 'b1']);
    },
  },
  {
    name: 'removes a ban and gives it back',
    async verify(store) {
      const [one, other] = [banOf('b1'), banOf('b2', { network: '::/0' })];
      await store.save(one);
      await store.save(other);
      assert.deepEqual(await store.remove('b1'), one);
      assert.deepEqual(await store.findActive(NOW), [other]);
      assert.equal(await store.findLatest(NETWORK), undefined);
    },
  },
  {
    name: 'removes a ban that has expired as well',
    async verify(store) {
      const over = banOf('b1', { expiresAt: NOW - 1 });
      await store.save(over);
      assert.deepEqual(await store.remove('b1'), over);
      assert.equal(await store.findLatest(NETWORK), undefined);
    },
  },
  {
    name: 'gives nothing back for a ban that is not there, or not any more',
    async verify(store) {
      assert.equal(await store.remove('b1'), undefined);
      await store.save(banOf('b1'));
      await store.remove('b1');
      assert.equal(await store.remove('b1'), undefined);
    },
  },
  {
    name: 'gives the ban to exactly one of concurrent removals',
    async verify(store) {
      await store.save(banOf('b1'));
      const answers = await atOnce(20, () => store.remove('b1'));
      assert.deepEqual(
        answers.filter((answer) => answer !== undefined),
        [banOf('b1')],
      );
    },
  },
  {
    name: 'finds the newest ban of a network, in whatever order they were saved',
    async verify(store) {
      for (const age of [2, 1, 3])
        await store.save(banOf(`b${age}`, { createdAt: NOW - age, offence: 4 - age }));
      assert.equal((await store.findLatest(NETWORK))?.id, 'b1');
    },
  },
  {
    name: 'finds the newest ban of a network though it has expired before an older one',
    async verify(store) {
      await store.save(banOf('b1', { createdAt: NOW - 2, expiresAt: NOW + 1 }));
      await store.save(banOf('b2', { createdAt: NOW - 1, expiresAt: NOW - 1 }));
      assert.equal((await store.findLatest(NETWORK))?.id, 'b2');
    },
  },
  {
    name: 'finds the ban of exactly this network, neither a wider nor a narrower one',
    async verify(store) {
      await store.save(banOf('wide', { network: '203.0.113.0/24', createdAt: NOW }));
      await store.save(banOf('narrow', { network: '203.0.113.70/32', createdAt: NOW }));
      assert.equal(await store.findLatest(NETWORK), undefined);
      await store.save(banOf('b1'));
      assert.equal((await store.findLatest(NETWORK))?.id, 'b1');
    },
  },
  {
    name: 'has a ban active before its expiry and not at it',
    async verify(store) {
      await store.save(banOf('b1', { expiresAt: NOW }));
      assert.deepEqual(idsOf(await store.findActive(NOW - 1)), ['b1']);
      assert.deepEqual(idsOf(await store.findActive(NOW)), []);
      assert.deepEqual(idsOf(await store.findActive(NOW + 1)), []);
    },
  },
  {
    name: 'gives active bans newest first, in whatever order they were saved',
    async verify(store) {
      for (const age of [2, 4, 1, 3]) await store.save(banOf(`b${age}`, { createdAt: NOW - age }));
      assert.deepEqual(idsOf(await store.findActive(NOW)), ['b1', 'b2', 'b3', 'b4']);
    },
  },
  {
    name: 'forgets bans that expired at or before the given time, and no other',
    async verify(store) {
      for (const [index, expiresAt] of [NOW - 1, NOW, NOW + 1].entries()) {
        await store.save(banOf(`b${index}`, { network: `203.0.113.${index}/32`, expiresAt }));
      }
      await store.forgetExpiredBefore(NOW);
      await store.forgetExpiredBefore(NOW);
      assert.deepEqual(idsOf(await store.findActive(0)), ['b2']);
      assert.equal(await store.findLatest('203.0.113.0/32'), undefined);
      assert.equal(await store.findLatest('203.0.113.1/32'), undefined);
      assert.equal((await store.findLatest('203.0.113.2/32'))?.id, 'b2');
      assert.equal(await store.remove('b1'), undefined);
    },
  },
  {
    name: 'keeps an expired ban until it is told to forget it',
    async verify(store) {
      await store.save(banOf('b1', { expiresAt: NOW - 1 }));
      await store.forgetExpiredBefore(NOW - 2);
      assert.equal((await store.findLatest(NETWORK))?.id, 'b1');
    },
  },
  {
    name: 'keeps every one of concurrent savings',
    async verify(store) {
      await atOnce(20, (index) => store.save(banOf(`b${index}`)));
      assert.equal(new Set(idsOf(await store.findActive(NOW))).size, 20);
    },
  },
  {
    name: 'takes ids and texts to the letter, however odd',
    async verify(store) {
      const bans = ODD_TEXTS.map((text, index) => banOf(text, { reason: text, createdAt: NOW - index }));
      for (const ban of bans.slice(1)) await store.save(ban);
      assert.equal(await store.remove(bans[0]?.id ?? ''), undefined);
      assert.deepEqual(await store.findActive(NOW), bans.slice(1));
      for (const ban of bans.slice(1)) assert.deepEqual(await store.remove(ban.id), ban);
    },
  },
  {
    name: 'gives and takes copies: what callers do to their objects does not reach it',
    async verify(store) {
      const given = banOf('b1');
      await store.save(given);
      vandalise(given);
      vandalise(await store.findActive(NOW));
      vandalise(await store.findLatest(NETWORK));
      assert.deepEqual(await store.findActive(NOW), [banOf('b1')]);
      assert.deepEqual(await store.findLatest(NETWORK), banOf('b1'));
    },
  },
];
