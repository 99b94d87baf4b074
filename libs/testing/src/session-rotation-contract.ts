import assert from 'node:assert/strict';
import type { SessionStore } from '@portcullis/auth';
import { keep, NOW, sessionOf, USE } from './session-samples.js';
import { atOnce, type StoreContract } from './store-contract.js';

const HIGH = { authTime: NOW + 5, acr: 'high', amr: ['pwd', 'hwk'] };
const RAISED = [HIGH, { authTime: NOW + 6, acr: null, amr: [] }];

/** How sessions go on. */
export const sessionRotationContract: StoreContract<SessionStore> = [
  {
    name: 'goes on to the next generation, and says how the session is then',
    async verify(store) {
      await keep(store, sessionOf('s1'), sessionOf('s2'));
      const rotated = {
        ...sessionOf('s1', { generation: 1, rotatedAt: USE.at, lastUsedAt: USE.at }),
        ...{ lastUsedFrom: USE.from, idleExpiresAt: USE.idleExpiresAt, refreshes: 1 },
      };
      assert.deepEqual(await store.rotate('s1', 0, USE), rotated);
      assert.deepEqual(await store.find('s1'), rotated);
      assert.deepEqual(await store.find('s2'), sessionOf('s2'));
      const again = await store.rotate('s1', 1, { ...USE, from: null });
      assert.deepEqual([again?.generation, again?.lastUsedFrom], [2, null]);
    },
  },
  {
    name: 'goes on from no other generation than the present one',
    async verify(store) {
      await store.insert(sessionOf('s1', { generation: 3 }));
      for (const generation of [2, 4, 0]) assert.equal(await store.rotate('s1', generation, USE), undefined);
      assert.equal(await store.rotate('nobody', 3, USE), undefined);
      assert.deepEqual(await store.find('s1'), sessionOf('s1', { generation: 3 }));
    },
  },
  {
    name: 'lets exactly one of many go on at the same time',
    async verify(store) {
      await store.insert(sessionOf('s1'));
      for (const generation of [0, 1]) {
        const rotated = await atOnce(50, () => store.rotate('s1', generation, USE));
        assert.equal(rotated.filter((session) => session !== undefined).length, 1);
      }
      assert.equal((await store.find('s1'))?.generation, 2);
    },
  },
  {
    name: 'lets none go on that has ended, or is over',
    async verify(store) {
      await keep(
        store,
        sessionOf('ended', { endedAt: NOW, endedReason: 'logged out' }),
        sessionOf('idle', { idleExpiresAt: USE.at }),
      );
      for (const id of ['ended', 'idle']) assert.equal(await store.rotate(id, 0, USE), undefined);
      assert.equal((await store.find('idle'))?.generation, 0);
    },
  },
  {
    name: 'lets no session live longer than to its end, however often it is used',
    async verify(store) {
      await store.insert(sessionOf('s1'));
      const rotated = await store.rotate('s1', 0, { ...USE, idleExpiresAt: NOW + 9_000 });
      assert.deepEqual([rotated?.idleExpiresAt, rotated?.expiresAt], [NOW + 5_000, NOW + 5_000]);
    },
  },
  {
    name: 'counts refreshes that stay in their generation, and changes nothing else',
    async verify(store) {
      await keep(store, sessionOf('s1'), sessionOf('s2'));
      const counted = sessionOf('s1', { refreshes: 1 });
      assert.deepEqual(await store.countRefresh('s1', USE), counted);
      assert.deepEqual([await store.find('s1'), await store.find('s2')], [counted, sessionOf('s2')]);
    },
  },
  {
    name: 'counts none of a session that has ended, or is over',
    async verify(store) {
      await keep(
        store,
        sessionOf('ended', { endedAt: NOW, endedReason: 'logged out' }),
        sessionOf('idle', { idleExpiresAt: USE.at }),
      );
      for (const id of ['ended', 'idle', 'nobody'])
        assert.equal(await store.countRefresh(id, USE), undefined);
      for (const id of ['ended', 'idle']) assert.equal((await store.find(id))?.refreshes, 0);
    },
  },
  {
    name: 'refreshes no session more often than the limit says, in whichever way',
    async verify(store) {
      await store.insert(sessionOf('s1'));
      await store.rotate('s1', 0, USE);
      await store.countRefresh('s1', USE);
      const last = await store.rotate('s1', 1, USE);
      assert.equal(last?.refreshes, 3);
      assert.equal(await store.rotate('s1', 2, USE), undefined);
      assert.equal(await store.countRefresh('s1', USE), undefined);
      assert.deepEqual(await store.find('s1'), last);
    },
  },
  {
    name: 'begins to count anew when a window is over, and where a clock was set back by as much',
    async verify(store) {
      const far = { idleExpiresAt: NOW + 200_000, expiresAt: NOW + 200_000 };
      await store.insert(sessionOf('s1', { ...far, refreshes: 3 }));
      for (const at of [NOW + 59_999, NOW - 59_999])
        for (const refreshed of [
          store.rotate('s1', 0, { ...USE, at }),
          store.countRefresh('s1', { ...USE, at }),
        ])
          assert.equal(await refreshed, undefined);
      for (const at of [NOW + 60_000, NOW - 1]) {
        const { refreshes, refreshesSince } = (await store.countRefresh('s1', { ...USE, at })) ?? {};
        assert.deepEqual([refreshes, refreshesSince], [1, at]);
      }
      const rotated = await store.rotate('s1', 0, { ...USE, ...far, at: NOW + 60_000 });
      assert.deepEqual([rotated?.refreshes, rotated?.refreshesSince], [1, NOW + 60_000]);
    },
  },
  {
    name: 'counts each of many that come at the same time',
    async verify(store) {
      await store.insert(sessionOf('s1'));
      const use = { ...USE, limit: { requests: 20, windowSeconds: 60 } };
      const both = await atOnce(25, () =>
        Promise.all([store.rotate('s1', 0, use), store.countRefresh('s1', use)]),
      );
      assert.equal(both.flat().filter((session) => session !== undefined).length, 20);
      assert.equal((await store.find('s1'))?.refreshes, 20);
    },
  },
  {
    name: 'notes what was proven once more, beside the login',
    async verify(store) {
      await keep(store, sessionOf('s1'), sessionOf('s2'));
      for (const raised of RAISED) {
        assert.equal(await store.raise('s1', raised), true);
        assert.deepEqual(await store.find('s1'), sessionOf('s1', { raised }));
      }
      assert.deepEqual(await store.find('s2'), sessionOf('s2'));
      const rotated = await store.rotate('s1', 0, USE);
      assert.deepEqual([rotated?.raised, rotated?.authTime, rotated?.amr], [RAISED[1], NOW, ['pwd']]);
    },
  },
  {
    name: 'notes nothing in a session that has ended, or is over by then',
    async verify(store) {
      await keep(
        store,
        sessionOf('ended', { endedAt: NOW, endedReason: 'x' }),
        sessionOf('idle', { idleExpiresAt: HIGH.authTime }),
      );
      for (const id of ['ended', 'idle', 'nobody']) assert.equal(await store.raise(id, HIGH), false);
      for (const id of ['ended', 'idle']) assert.equal((await store.find(id))?.raised, null);
    },
  },
  {
    name: 'lets a session either end or be raised first, of all that happens at once',
    async verify(store) {
      for (let round = 0; round < 10; round++) {
        const id = `s${round}`;
        await store.insert(sessionOf(id));
        const [isRaised, [ended]] = await Promise.all([
          store.raise(id, HIGH),
          store.end({ id }, NOW + 1, 'spec'),
        ]);
        const raised = isRaised ? HIGH : null;
        assert.deepEqual([ended?.endedAt, (await store.find(id))?.raised], [NOW + 1, raised]);
      }
    },
  },
];
