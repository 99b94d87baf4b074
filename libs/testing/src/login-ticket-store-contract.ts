import assert from 'node:assert/strict';
import type { LoginTicketRecord, LoginTicketStore } from '@portcullis/auth';
import { atOnce, ODD_TEXTS, type StoreContract, vandalise } from './store-contract.js';

const NOW = Date.UTC(2020, 0, 1);

/** One that waits. */
function ticketOf(id: string, details: Partial<LoginTicketRecord> = {}): LoginTicketRecord {
  return {
    id,
    issuer: 'https://issuer.example',
    subject: 'ada',
    clientId: 'web',
    purpose: 'prove',
    login: '{"amr":["pwd"]}',
    network: '192.0.2.0/24',
    createdAt: NOW,
    expiresAt: NOW + 1_000,
    tries: 0,
    usedAt: null,
    ...details,
  };
}

/** What every {@link LoginTicketStore} promises. */
export const loginTicketStoreContract: StoreContract<LoginTicketStore> = [
  {
    name: 'keeps tickets as they were inserted',
    async verify(store) {
      const tickets = [
        ticketOf('t1'),
        ticketOf('t2', { purpose: 'enrol', network: null, tries: 3, usedAt: NOW + 5, createdAt: NOW - 5 }),
      ];
      for (const ticket of tickets) await store.insert(ticket);
      for (const ticket of tickets) assert.deepEqual(await store.find(ticket.id), ticket);
      assert.equal(await store.find('t3'), undefined);
      assert.equal(await store.find(''), undefined);
    },
  },
  {
    name: 'fails for an id that is taken, and leaves the ticket as it is',
    async verify(store) {
      await store.insert(ticketOf('t1', { tries: 4 }));
      await assert.rejects(store.insert(ticketOf('t1', { subject: 'bob' })));
      assert.deepEqual(await store.find('t1'), ticketOf('t1', { tries: 4 }));
    },
  },
  {
    name: 'keeps odd texts apart and as they are',
    async verify(store) {
      const withText = (text: string) =>
        ticketOf(text, { issuer: text, subject: text, clientId: text, login: text, network: text });
      for (const text of ODD_TEXTS) await store.insert(withText(text));
      for (const text of ODD_TEXTS) assert.deepEqual(await store.find(text), withText(text));
    },
  },
  {
    name: 'hands out what nobody can change it by',
    async verify(store) {
      const given = ticketOf('t1');
      await store.insert(given);
      vandalise(given);
      vandalise(await store.find('t1'));
      vandalise(await store.beginTry('t1', 5, NOW));
      assert.deepEqual(await store.find('t1'), ticketOf('t1', { tries: 1 }));
    },
  },
  {
    name: 'counts tries up to the most, and says how the ticket is then',
    async verify(store) {
      await store.insert(ticketOf('t1'));
      await store.insert(ticketOf('t2'));
      for (const tries of [1, 2]) {
        assert.deepEqual(await store.beginTry('t1', 2, NOW + 1), ticketOf('t1', { tries }));
        assert.deepEqual(await store.find('t1'), ticketOf('t1', { tries }));
      }
      assert.equal(await store.beginTry('t1', 2, NOW + 1), undefined);
      assert.equal(await store.beginTry('nobody', 2, NOW + 1), undefined);
      assert.deepEqual(await store.find('t1'), ticketOf('t1', { tries: 2 }));
      assert.deepEqual(await store.find('t2'), ticketOf('t2'));
    },
  },
  {
    name: 'lets no more of many begin a try at the same time than may',
    async verify(store) {
      await store.insert(ticketOf('t1'));
      const begun = await atOnce(50, () => store.beginTry('t1', 5, NOW));
      const counts = begun.flatMap((ticket) => (ticket === undefined ? [] : [ticket.tries]));
      assert.deepEqual(counts.toSorted(), [1, 2, 3, 4, 5]);
      assert.equal((await store.find('t1'))?.tries, 5);
    },
  },
  {
    name: 'is used once, and tried no more then',
    async verify(store) {
      await store.insert(ticketOf('t1'));
      await store.insert(ticketOf('t2'));
      assert.equal(await store.use('t1', NOW + 1), true);
      assert.equal(await store.use('t1', NOW + 2), false);
      assert.equal(await store.use('nobody', NOW + 2), false);
      assert.equal(await store.beginTry('t1', 5, NOW + 2), undefined);
      assert.deepEqual(await store.find('t1'), ticketOf('t1', { usedAt: NOW + 1 }));
      assert.deepEqual(await store.find('t2'), ticketOf('t2'));
    },
  },
  {
    name: 'lets exactly one of many use it at the same time',
    async verify(store) {
      await store.insert(ticketOf('t1'));
      const used = await atOnce(50, () => store.use('t1', NOW));
      assert.equal(used.filter(Boolean).length, 1);
    },
  },
  {
    name: 'is neither tried nor used when it is over',
    async verify(store) {
      await store.insert(ticketOf('t1'));
      assert.equal(await store.beginTry('t1', 5, NOW + 1_000), undefined);
      assert.equal(await store.use('t1', NOW + 1_000), false);
      assert.deepEqual(await store.find('t1'), ticketOf('t1'));
      assert.equal((await store.beginTry('t1', 5, NOW + 999))?.tries, 1);
      assert.equal(await store.use('t1', NOW + 999), true);
    },
  },
  {
    name: 'forgets those that are over at a time, used or not, and no other',
    async verify(store) {
      await store.insert(ticketOf('over', { expiresAt: NOW }));
      await store.insert(ticketOf('used and over', { expiresAt: NOW - 1, usedAt: NOW - 2 }));
      await store.insert(ticketOf('used', { usedAt: NOW - 2 }));
      await store.insert(ticketOf('waiting', { expiresAt: NOW + 1 }));
      await store.beginTry('over', 5, NOW - 1);
      await store.forgetExpiredBefore(NOW);
      for (const id of ['over', 'used and over']) assert.equal(await store.find(id), undefined);
      for (const id of ['used', 'waiting']) assert.equal((await store.find(id))?.id, id);
    },
  },
];
