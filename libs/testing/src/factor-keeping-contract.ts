import assert from 'node:assert/strict';
import { type FactorStore, MOST_FACTORS } from '@portcullis/auth';
import { ADA, factorOf, idsOf, keep, NOW, unconfirmed } from './factor-samples.js';
import { atOnce, ODD_TEXTS, type StoreContract, vandalise } from './store-contract.js';

/** How factors are kept, found, listed and forgotten. */
export const factorKeepingContract: StoreContract<FactorStore> = [
  {
    name: 'keeps factors as they were inserted',
    async verify(store) {
      const factors = [
        factorOf('f1', { name: 'phone', position: 52_000_000, lastUsedAt: NOW + 5, data: '{"secret":"a"}' }),
        unconfirmed('f2'),
        factorOf('f3', { kind: 'passkey', handle: 'h3', position: 2 ** 32 - 1 }),
        factorOf('f4', { kind: 'recovery-codes', name: '', handle: '' }),
      ];
      await keep(store, ...factors);
      for (const factor of factors) assert.deepEqual(await store.find(factor.id), factor);
      assert.equal(await store.find('f5'), undefined);
      assert.equal(await store.find(''), undefined);
    },
  },
  {
    name: 'finds one by its handle within its kind, confirmed or not',
    async verify(store) {
      const ofKind = (kind: string) => ({ kind, handle: 'h' });
      const factors = [factorOf('f1', ofKind('a')), unconfirmed('f2', ofKind('b')), factorOf('f3')];
      await keep(store, ...factors);
      assert.deepEqual(await store.findByHandle('a', 'h'), factors[0]);
      assert.deepEqual(await store.findByHandle('b', 'h'), factors[1]);
      for (const [kind, handle] of [
        ['c', 'h'],
        ['a', 'g'],
        ['totp', ''],
      ] as const)
        assert.equal(await store.findByHandle(kind, handle), undefined);
    },
  },
  {
    name: 'fails for an id that is taken, and leaves the factor as it is',
    async verify(store) {
      await store.insert(factorOf('f1'));
      await assert.rejects(store.insert(factorOf('f1', { subject: 'bob', handle: 'h' })));
      assert.deepEqual(await store.find('f1'), factorOf('f1'));
      assert.deepEqual(await store.list({ ...ADA, subject: 'bob' }), []);
      assert.equal(await store.findByHandle('totp', 'h'), undefined);
    },
  },
  {
    name: 'fails for a handle that is taken, also where both come at once, until its factor is gone',
    async verify(store) {
      const isKept = await atOnce(10, (index) =>
        store.insert(factorOf(`f${index}`, { handle: 'h', subject: `user ${index}` })).then(
          () => true,
          () => false,
        ),
      );
      assert.equal(isKept.filter(Boolean).length, 1);
      const first = `f${isKept.indexOf(true)}`;
      assert.equal((await store.findByHandle('totp', 'h'))?.id, first);
      await store.remove(first, []);
      await assert.doesNotReject(store.insert(factorOf('next', { handle: 'h' })));
      assert.equal((await store.findByHandle('totp', 'h'))?.id, 'next');
    },
  },
  {
    name: 'keeps odd texts apart and as they are',
    async verify(store) {
      for (const [index, text] of ODD_TEXTS.entries()) {
        const texts = { subject: text, kind: text, name: text, handle: text, data: text };
        await store.insert(factorOf(`f${index}`, texts));
      }
      for (const [index, text] of ODD_TEXTS.entries()) {
        const [found, ...others] = await store.list({ ...ADA, subject: text });
        assert.deepEqual([found?.id, others], [`f${index}`, []]);
        assert.deepEqual([found?.kind, found?.name, found?.data], [text, text, text]);
        assert.equal((await store.findByHandle(text, text))?.id, `f${index}`);
      }
    },
  },
  {
    name: 'hands out what nobody can change it by',
    async verify(store) {
      const given = factorOf('f1', { handle: 'h' });
      await store.insert(given);
      vandalise(given);
      vandalise(await store.find('f1'));
      vandalise(await store.findByHandle('totp', 'h'));
      vandalise(await store.list(ADA));
      assert.deepEqual(await store.find('f1'), factorOf('f1', { handle: 'h' }));
    },
  },
  {
    name: 'lists all of a user of an issuer, oldest first',
    async verify(store) {
      const times = { a: 3, c: 2, b: 2, d: 1 };
      for (const [id, time] of Object.entries(times))
        await store.insert(factorOf(id, { createdAt: NOW + time, confirmedAt: id === 'c' ? null : NOW }));
      const strangers = [{ issuer: 'https://other.example' }, { subject: 'bob' }];
      await keep(store, ...strangers.map((stranger, index) => factorOf(`x${index}`, stranger)));
      assert.deepEqual(idsOf(await store.list(ADA)), ['d', 'b', 'c', 'a']);
    },
  },
  {
    name: 'keeps so many of a user and no more, also where they come at once',
    async verify(store) {
      for (let index = 0; index < MOST_FACTORS - 2; index++) await store.insert(factorOf(`f${index}`));
      const isKept = await atOnce(4, (index) =>
        store.insert(unconfirmed(`x${index}`)).then(
          () => true,
          () => false,
        ),
      );
      assert.equal(isKept.filter(Boolean).length, 2);
      assert.equal((await store.list(ADA)).length, MOST_FACTORS);
      await assert.doesNotReject(store.insert(factorOf('other', { subject: 'bob' })));
      await store.remove('f0', []);
      await assert.doesNotReject(store.insert(factorOf('f0')));
    },
  },
  {
    name: 'changes what people call it',
    async verify(store) {
      await keep(store, factorOf('f1'), unconfirmed('f2'));
      assert.equal(await store.rename('f1', 'phone'), true);
      assert.equal(await store.rename('f2', 'tablet'), true);
      assert.deepEqual(await store.find('f1'), factorOf('f1', { name: 'phone' }));
      assert.deepEqual(await store.find('f2'), unconfirmed('f2', { name: 'tablet' }));
      assert.equal(await store.rename('f1', null), true);
      assert.equal((await store.find('f1'))?.name, null);
      assert.equal(await store.rename('nobody', 'phone'), false);
    },
  },
  {
    name: 'forgets those that were not confirmed by a time, and no other',
    async verify(store) {
      await keep(
        store,
        unconfirmed('old', { handle: 'h' }),
        unconfirmed('new', { createdAt: NOW + 1 }),
        factorOf('confirmed'),
        unconfirmed('confirmed since'),
      );
      await store.confirm('confirmed since', 1, NOW + 2);
      await store.forgetUnconfirmedBefore(NOW);
      assert.deepEqual(idsOf(await store.list(ADA)), ['confirmed', 'confirmed since', 'new']);
      assert.equal(await store.find('old'), undefined);
      assert.equal(await store.findByHandle('totp', 'h'), undefined);
    },
  },
];
