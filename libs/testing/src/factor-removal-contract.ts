import assert from 'node:assert/strict';
import type { FactorStore } from '@portcullis/auth';
import { ADA, countTrue, factorOf, idsOf, keep, unconfirmed } from './factor-samples.js';
import { atOnce, type StoreContract } from './store-contract.js';

const STRONG = ['totp', 'passkey'];

/** How factors are removed. */
export const factorRemovalContract: StoreContract<FactorStore> = [
  {
    name: 'removes a factor once',
    async verify(store) {
      await keep(store, factorOf('f1', { handle: 'h' }), factorOf('f2'));
      assert.equal(await store.remove('f1', []), true);
      assert.equal(await store.remove('f1', []), false);
      assert.equal(await store.find('f1'), undefined);
      assert.equal(await store.findByHandle('totp', 'h'), undefined);
      assert.deepEqual(idsOf(await store.list(ADA)), ['f2']);
    },
  },
  {
    name: 'lets exactly one of many remove at the same time',
    async verify(store) {
      await store.insert(factorOf('f1'));
      assert.equal(countTrue(await atOnce(50, () => store.remove('f1', []))), 1);
    },
  },
  {
    name: 'keeps the last confirmed one of the kinds of which its user has to keep one',
    async verify(store) {
      await keep(
        store,
        factorOf('f1'),
        factorOf('f2', { kind: 'passkey' }),
        factorOf('codes', { kind: 'recovery-codes' }),
        unconfirmed('begun'),
        factorOf('bob’s', { subject: 'bob' }),
        factorOf('elsewhere', { issuer: 'https://other.example' }),
      );
      assert.equal(await store.remove('f1', STRONG), true);
      assert.equal(await store.remove('f2', STRONG), false);
      assert.deepEqual(idsOf(await store.list(ADA)), ['begun', 'codes', 'f2']);
      assert.equal(await store.remove('f2', ['totp']), true);
    },
  },
  {
    name: 'removes what is not of these kinds, or was never confirmed, whatever is left',
    async verify(store) {
      await keep(store, factorOf('codes', { kind: 'recovery-codes' }), unconfirmed('begun'), factorOf('f1'));
      assert.equal(await store.remove('begun', STRONG), true);
      assert.equal(await store.remove('codes', STRONG), true);
      assert.equal(await store.remove('f1', STRONG), false);
      await store.remove('f1', []);
      await store.insert(unconfirmed('begun'));
      assert.equal(await store.remove('begun', STRONG), true);
    },
  },
  {
    name: 'keeps one where all are removed at the same time',
    async verify(store) {
      for (let round = 0; round < 10; round++) {
        const subject = `user ${round}`;
        const kinds = ['totp', 'passkey', 'totp'];
        const ids = kinds.map((_, index) => `f${round} ${index}`);
        await keep(store, ...ids.map((id, index) => factorOf(id, { subject, kind: kinds[index] as string })));
        const removed = await atOnce(ids.length, (index) => store.remove(ids[index] as string, STRONG));
        assert.equal(countTrue(removed), 2);
        assert.deepEqual(idsOf(await store.list({ ...ADA, subject })), [ids[removed.indexOf(false)]]);
      }
    },
  },
];
