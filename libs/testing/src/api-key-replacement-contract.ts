import assert from 'node:assert/strict';
import type { ApiKeyStore } from '@portcullis/auth';
import {
  appKey,
  CREATED,
  FULL_DETAILS,
  ISSUER,
  insertAll,
  listAll,
  listedIds,
  NOW,
  userKey,
} from './api-key-samples.js';
import { atOnce, type StoreContract } from './store-contract.js';

const LATER = NOW + 60_000;
const ALIVE = { disabledAt: null, revokedAt: null, revokedReason: null, replacedBy: null };

/** How a key is rotated. */
export const apiKeyReplacementContract: StoreContract<ApiKeyStore> = [
  {
    name: 'puts a successor in the place of a key, and changes nothing else of it',
    async verify(store) {
      const pairs = [
        [appKey('k1', { ...FULL_DETAILS, ...ALIVE, expiresAt: null }), appKey('k2', FULL_DETAILS)],
        [userKey('k3'), userKey('k4', { createdAt: NOW, notBefore: NOW, expiresAt: LATER })],
      ] as const;
      const other = appKey('k5');
      await insertAll(store, [...pairs.map(([old]) => old), other]);
      for (const [old, successor] of pairs) {
        assert.equal(await store.replace(old.id, successor, NOW, LATER), true);
        assert.deepEqual(await store.findById(old.id), {
          ...old,
          replacedBy: successor.id,
          expiresAt: LATER,
        });
        assert.equal((await store.findByHash(old.hash))?.replacedBy, successor.id);
        assert.deepEqual(await store.findById(successor.id), successor);
        assert.deepEqual(await store.findByHash(successor.hash), successor);
      }
      assert.deepEqual(await store.findById('k5'), other);
      assert.equal((await listAll(store)).length, 5);
    },
  },
  {
    name: 'puts a successor in the place of a successor',
    async verify(store) {
      await store.insert(appKey('k1'));
      assert.equal(await store.replace('k1', appKey('k2'), NOW, LATER), true);
      assert.equal(await store.replace('k2', appKey('k3'), NOW, LATER), true);
      assert.equal((await store.findById('k1'))?.replacedBy, 'k2');
      assert.equal((await store.findById('k2'))?.replacedBy, 'k3');
      assert.equal((await store.findById('k3'))?.replacedBy, null);
    },
  },
  {
    name: 'never lets a key work longer because it has a successor',
    async verify(store) {
      const expiries = [NOW + 1, LATER - 1, LATER, LATER + 1, null];
      for (const [index, expiresAt] of expiries.entries()) {
        await store.insert(appKey(`k${index}`, { expiresAt }));
        assert.equal(await store.replace(`k${index}`, appKey(`new ${index}`), NOW, LATER), true);
      }
      const now = await atOnce(expiries.length, (index) => store.findById(`k${index}`));
      assert.deepEqual(
        now.map((record) => record?.expiresAt),
        [NOW + 1, LATER - 1, LATER, LATER, LATER],
      );
    },
  },
  {
    name: 'ends a key at once when its successor is to replace it now',
    async verify(store) {
      await store.insert(appKey('k1'));
      assert.equal(await store.replace('k1', appKey('k2'), NOW, NOW), true);
      assert.equal((await store.findById('k1'))?.expiresAt, NOW);
      assert.deepEqual(await listedIds(store, { state: { is: 'expired', at: NOW } }), ['k1']);
      assert.deepEqual(await listedIds(store, { state: { is: 'active', at: NOW } }), ['k2']);
    },
  },
  {
    name: 'puts a successor in the place of a key that does not work yet',
    async verify(store) {
      const successor = appKey('k2', { notBefore: LATER });
      await store.insert(appKey('k1', { notBefore: LATER }));
      assert.equal(await store.replace('k1', successor, NOW, NOW), true);
      assert.equal((await store.findById('k1'))?.replacedBy, 'k2');
      assert.deepEqual(await store.findById('k2'), successor);
    },
  },
  {
    name: 'refuses and does not keep the successor of a key that is revoked, expired, disabled or replaced',
    async verify(store) {
      const keys = [
        appKey('revoked', { revokedAt: NOW - 1 }),
        appKey('revoked later', { revokedAt: NOW + 1 }),
        appKey('expired', { expiresAt: NOW - 1 }),
        appKey('expired now', { expiresAt: NOW }),
        appKey('expired pending', { expiresAt: NOW, notBefore: LATER }),
        appKey('disabled', { disabledAt: NOW - 1 }),
        appKey('disabled later', { disabledAt: NOW + 1 }),
        appKey('disabled pending', { disabledAt: NOW, notBefore: LATER }),
        appKey('replaced', { replacedBy: 'k9', expiresAt: LATER }),
        appKey('replaced pending', { replacedBy: 'k9', notBefore: LATER }),
      ];
      await insertAll(store, keys);
      for (const key of keys) {
        assert.equal(await store.replace(key.id, appKey('successor'), NOW, LATER), false, key.id);
        assert.deepEqual(await store.findById(key.id), key);
        assert.equal(await store.findById('successor'), undefined);
        assert.equal(await store.findByHash('hash of successor'), undefined);
      }
      assert.equal((await listAll(store)).length, keys.length);
    },
  },
  {
    name: 'refuses and does not keep the successor of a key that is not there',
    async verify(store) {
      await store.insert(appKey('k1'));
      for (const id of ['k2', 'K1', 'k', '', 'new k2', 'itself'])
        assert.equal(await store.replace(id, appKey(id === 'itself' ? id : `new ${id}`), NOW, LATER), false);
      assert.deepEqual(await listAll(store), [appKey('k1')]);
    },
  },
  {
    name: 'looks at a key at the given time, and not at its own',
    async verify(store) {
      await insertAll(store, [appKey('k1', { expiresAt: 1_000 }), appKey('k2', { expiresAt: LATER })]);
      assert.equal(await store.replace('k1', appKey('k3'), 999, 999), true);
      assert.equal(await store.replace('k2', appKey('k4'), LATER, LATER), false);
    },
  },
  {
    name: 'leaves a key as it is when the id or the hash of its successor is taken',
    async verify(store) {
      const [old, other] = [appKey('k1'), appKey('k2')];
      await insertAll(store, [old, other]);
      const impossible = [
        appKey('k2', { hash: 'anew' }),
        appKey('k3', { hash: 'hash of k2' }),
        appKey('k1', { hash: 'anew' }),
        appKey('k3', { hash: 'hash of k1' }),
      ];
      for (const successor of impossible) {
        await assert.rejects(store.replace('k1', successor, NOW, LATER));
        assert.deepEqual(await store.findById('k1'), old);
        assert.deepEqual(await store.findById('k2'), other);
      }
      assert.equal(await store.findByHash('anew'), undefined);
      assert.equal(await store.findById('k3'), undefined);
      assert.equal(await store.replace('k1', appKey('k3'), NOW, LATER), true);
    },
  },
  {
    name: 'accepts exactly one of concurrent replacements, and keeps no other successor',
    async verify(store) {
      await store.insert(appKey('k1'));
      const answers = await atOnce(20, (index) =>
        store.replace('k1', appKey(`new ${index}`, { createdAt: CREATED + 1 }), NOW, LATER + index),
      );
      const winner = answers.indexOf(true);
      assert.equal(answers.filter((answer) => answer === true).length, 1);
      assert.equal(answers.filter((answer) => answer === false).length, 19);
      assert.deepEqual(await listedIds(store), [`new ${winner}`, 'k1']);
      const old = appKey('k1', { replacedBy: `new ${winner}`, expiresAt: LATER + winner });
      assert.deepEqual(await store.findById('k1'), old);
      const found = await atOnce(20, (index) => store.findByHash(`hash of new ${index}`));
      assert.deepEqual(found[winner], appKey(`new ${winner}`, { createdAt: CREATED + 1 }));
      assert.equal(found.filter((record) => record !== undefined).length, 1);
    },
  },
  {
    name: 'lets no successor escape a concurrent revocation of its holder',
    async verify(store) {
      for (const index of Array.from({ length: 20 }).keys()) {
        const ofUser = { subject: `user ${index}` };
        const ofApp = { appId: `app ${index}` };
        await insertAll(store, [userKey(`u${index}`, ofUser), appKey(`a${index}`, ofApp)]);
        const calls = [
          () => store.replace(`u${index}`, userKey(`new u${index}`, ofUser), NOW, LATER),
          () => store.revoke({ issuer: ISSUER, ...ofUser }, NOW, null),
          () => store.replace(`a${index}`, appKey(`new a${index}`, ofApp), NOW, LATER),
          () => store.revoke(ofApp, NOW, null),
        ];
        const ordered = index % 2 === 0 ? calls : calls.toReversed();
        await Promise.all(ordered.map((call) => call()));
      }
      assert.deepEqual(await listedIds(store, { state: { is: 'active', at: NOW } }), []);
    },
  },
];
