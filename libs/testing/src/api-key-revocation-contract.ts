import assert from 'node:assert/strict';
import type { ApiKeySelection, ApiKeyStore } from '@portcullis/auth';
import { appKey, byId, FULL_DETAILS, ISSUER, idsOf, insertAll, NOW, userKey } from './api-key-samples.js';
import { atOnce, type StoreContract } from './store-contract.js';

const OTHER_ISSUER = 'https://other.example';

/** The ids of the keys that are revoked. */
async function revokedOf(store: ApiKeyStore, ids: readonly string[]): Promise<string[]> {
  const records = await Promise.all(ids.map((id) => store.findById(id)));
  return ids.filter((_, index) => records[index]?.revokedAt !== null);
}

/** How keys are ended for ever. */
export const apiKeyRevocationContract: StoreContract<ApiKeyStore> = [
  {
    name: 'revokes one key, gives it back as it is now, and changes nothing else',
    async verify(store) {
      const one = appKey('k1', { ...FULL_DETAILS, revokedAt: null, revokedReason: null });
      const others = [appKey('k2'), appKey('K1'), appKey('k'), userKey('k11')];
      await insertAll(store, [one, ...others]);
      const revoked = { ...one, revokedAt: NOW, revokedReason: "O'Brien's, lost 100%" };
      assert.deepEqual(await store.revoke({ id: 'k1' }, NOW, "O'Brien's, lost 100%"), [revoked]);
      assert.deepEqual(await store.findById('k1'), revoked);
      assert.deepEqual(await store.findByHash('hash of k1'), revoked);
      for (const other of others) assert.deepEqual(await store.findById(other.id), other);
    },
  },
  {
    name: 'revokes without a reason, and keeps an empty one apart from none',
    async verify(store) {
      await insertAll(store, [appKey('k1'), appKey('k2')]);
      await store.revoke({ id: 'k1' }, NOW, null);
      await store.revoke({ id: 'k2' }, NOW, '');
      assert.equal((await store.findById('k1'))?.revokedReason, null);
      assert.equal((await store.findById('k2'))?.revokedReason, '');
    },
  },
  {
    name: 'revokes of an app or a user only the keys of one tenant, where one is named',
    async verify(store) {
      const [app, user] = [{ appId: 'depot' }, { issuer: ISSUER, subject: 'ada' }];
      const tenants = ['acme', 'globex', 'ACME', null];
      const ids = (kind: string) => tenants.map((tenant) => `${kind}-${tenant}`);
      for (const tenant of tenants) {
        await store.insert({ ...appKey(`app-${tenant}`), ...app, tenant });
        await store.insert({ ...userKey(`user-${tenant}`), ...user, tenant });
      }
      const all = [...ids('app'), ...ids('user')];
      assert.deepEqual(idsOf(await store.revoke({ ...app, tenant: 'acme' }, NOW, null)), ['app-acme']);
      assert.deepEqual(idsOf(await store.revoke({ ...user, tenant: 'globex' }, NOW, null)), ['user-globex']);
      const selectsNothing = { ...app, tenant: undefined } as unknown as ApiKeySelection;
      assert.deepEqual(await store.revoke(selectsNothing, NOW, null), []);
      assert.deepEqual(await revokedOf(store, all), ['app-acme', 'user-globex']);
    },
  },
  {
    name: 'revokes every key of an app, and of nobody else',
    async verify(store) {
      const own = [appKey('k1'), appKey('k2', FULL_DETAILS), appKey('k3')].map((key) => ({
        ...key,
        revokedAt: null,
        revokedReason: null,
      }));
      const others = [
        appKey('k4', { appId: 'depo' }),
        appKey('k5', { appId: 'Depot' }),
        appKey('k6', { appId: 'depot ', owner: 'depot', tenant: 'depot', name: 'depot' }),
        userKey('k7', { subject: 'depot' }),
        userKey('k8', { issuer: 'depot' }),
        appKey('depot', { appId: 'hub' }),
      ];
      await insertAll(store, [...own, ...others]);
      const revoked = own.map((key) => ({ ...key, revokedAt: NOW, revokedReason: 'closed' }));
      assert.deepEqual(byId(await store.revoke({ appId: 'depot' }, NOW, 'closed')), revoked);
      for (const key of [...revoked, ...others]) assert.deepEqual(await store.findById(key.id), key);
    },
  },
  {
    name: 'revokes every token of a user, and of nobody else',
    async verify(store) {
      const own = [userKey('k1'), userKey('k2')];
      const others = [
        userKey('k3', { issuer: OTHER_ISSUER }),
        userKey('k4', { issuer: `${ISSUER}/` }),
        userKey('k5', { subject: 'bob' }),
        userKey('k6', { subject: 'Ann' }),
        userKey('k7', { subject: ISSUER, issuer: 'ann' }),
        appKey('k8', { appId: 'ann', owner: 'ann' }),
        appKey('k9', { appId: ISSUER }),
      ];
      await insertAll(store, [...own, ...others]);
      const revoked = own.map((key) => ({ ...key, revokedAt: NOW, revokedReason: 'left' }));
      assert.deepEqual(byId(await store.revoke({ issuer: ISSUER, subject: 'ann' }, NOW, 'left')), revoked);
      for (const key of [...revoked, ...others]) assert.deepEqual(await store.findById(key.id), key);
    },
  },
  {
    name: 'revokes keys that are expired, disabled, pending or replaced as well',
    async verify(store) {
      const keys = [
        appKey('k1', { expiresAt: NOW - 1 }),
        appKey('k2', { disabledAt: NOW - 1 }),
        appKey('k3', { notBefore: NOW + 1 }),
        appKey('k4', { replacedBy: 'k9' }),
      ];
      await insertAll(store, [...keys, userKey('k5', { expiresAt: NOW })]);
      assert.deepEqual(idsOf(await store.revoke({ id: 'k1' }, NOW, null)), ['k1']);
      assert.deepEqual(idsOf(byId(await store.revoke({ appId: 'depot' }, NOW, null))), ['k2', 'k3', 'k4']);
      assert.deepEqual(idsOf(await store.revoke({ issuer: ISSUER, subject: 'ann' }, NOW, null)), ['k5']);
    },
  },
  {
    name: 'revokes a key once: later revocations leave it out and its time and reason standing',
    async verify(store) {
      const revoked = appKey('k1', { revokedAt: NOW, revokedReason: 'first' });
      await insertAll(store, [appKey('k1'), appKey('k2')]);
      await store.revoke({ id: 'k1' }, NOW, 'first');
      for (const at of [NOW - 1, NOW, NOW + 1])
        assert.deepEqual(await store.revoke({ id: 'k1' }, at, 'again'), []);
      assert.deepEqual(idsOf(await store.revoke({ appId: 'depot' }, NOW + 2, 'again')), ['k2']);
      assert.deepEqual(await store.revoke({ appId: 'depot' }, NOW + 3, null), []);
      assert.deepEqual(await store.findById('k1'), revoked);
    },
  },
  {
    name: 'revokes nothing where there is nothing, nor what is inserted later',
    async verify(store) {
      const selections: ApiKeySelection[] = [
        { id: 'k1' },
        { appId: 'depot' },
        { issuer: ISSUER, subject: 'ann' },
      ];
      for (const selection of selections) assert.deepEqual(await store.revoke(selection, NOW, null), []);
      assert.equal(await store.findById('k1'), undefined);
      await insertAll(store, [appKey('k1'), userKey('k2')]);
      assert.deepEqual(await revokedOf(store, ['k1', 'k2']), []);
    },
  },
  {
    name: 'revokes nothing when a part of the selection is undefined',
    async verify(store) {
      await insertAll(store, [appKey('k1'), userKey('k2')]);
      const selections: unknown[] = [
        { id: undefined },
        { appId: undefined },
        { issuer: ISSUER, subject: undefined },
        { issuer: undefined, subject: 'ann' },
        { issuer: undefined, subject: undefined },
      ];
      // To refuse such a call is as good.
      for (const selection of selections)
        await store.revoke(selection as ApiKeySelection, NOW, null).catch(() => []);
      assert.deepEqual(await revokedOf(store, ['k1', 'k2']), []);
    },
  },
  {
    name: 'gives each key to exactly one of concurrent revocations, and keeps the time and reason of that one',
    async verify(store) {
      const ids = ['k1', 'k2', 'k3'];
      await insertAll(
        store,
        ids.map((id) => appKey(id)),
      );
      const answers = await atOnce(20, (index) => {
        const selection = index % 3 === 1 ? { id: 'k2' } : { appId: 'depot' };
        return store.revoke(selection, NOW + index, `call ${index}`);
      });
      assert.deepEqual(idsOf(byId(answers.flat())), ids);
      for (const [index, answer] of answers.entries()) {
        for (const { id } of answer) {
          const revoked = appKey(id, { revokedAt: NOW + index, revokedReason: `call ${index}` });
          assert.deepEqual(await store.findById(id), revoked);
        }
      }
    },
  },
];
