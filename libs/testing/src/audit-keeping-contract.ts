import assert from 'node:assert/strict';
import type { AuditEntry, AuditStore } from '@portcullis/auth';
import { entryOf, listAll, listedIds, NO_NAMES, NOW, OTHER_DETAILS } from './audit-samples.js';
import { atOnce, ODD_TEXTS, type StoreContract, vandalise } from './store-contract.js';

/** Texts that are no good as texts of most databases, but that an attacker can send all the same. */
const HOSTILE_TEXTS = ['\0', 'a\0b', '\ud800', '\udc00x', '\u001b[31m', '\\u0000', '\u2028', '\uffff'];

function wholeOf(id: string, text: string): AuditEntry {
  const names = { actor: text, subject: text, appId: text, keyId: text, address: text, requestId: text };
  return entryOf(id, { ...names, facts: { text, [text]: [text, { [text]: text }] } });
}

/** How entries are kept and forgotten. */
export const auditKeepingContract: StoreContract<AuditStore> = [
  {
    name: 'is empty at first',
    async verify(store) {
      assert.deepEqual(await listAll(store), []);
      assert.equal(await store.prune(NOW), 0);
    },
  },
  {
    name: 'keeps entries as they were appended, with all their facts',
    async verify(store) {
      const facts = {
        text: 'text',
        number: -1.5,
        large: Number.MAX_SAFE_INTEGER,
        yes: true,
        no: false,
        nothing: null,
        empty: '',
        list: [1, 'two', [], {}],
        nested: { deeply: { nested: [{ indeed: true }] } },
      };
      const entries = [
        entryOf('e1'),
        entryOf('e2', OTHER_DETAILS),
        entryOf('e3', { ...OTHER_DETAILS, at: 1, facts }),
      ];
      await store.append(entries);
      assert.deepEqual(await listAll(store), entries);
    },
  },
  {
    name: 'takes no entries at all',
    async verify(store) {
      await store.append([]);
      assert.deepEqual(await listAll(store), []);
    },
  },
  {
    name: 'keeps an entry once, and as it was, however often it is appended',
    async verify(store) {
      await store.append([entryOf('e1'), entryOf('e2')]);
      await store.append([entryOf('e2', OTHER_DETAILS), entryOf('e3'), entryOf('e1', OTHER_DETAILS)]);
      assert.deepEqual(
        await listAll(store),
        ['e3', 'e2', 'e1'].map((id) => entryOf(id)),
      );
    },
  },
  {
    name: 'keeps an entry once that comes twice in one call',
    async verify(store) {
      await store.append([entryOf('e1'), entryOf('e2'), entryOf('e1')]);
      assert.deepEqual(
        await listAll(store),
        ['e2', 'e1'].map((id) => entryOf(id)),
      );
    },
  },
  {
    name: 'keeps an entry once that several append at the same time',
    async verify(store) {
      await atOnce(10, (index) => store.append([entryOf('e0'), entryOf(`e${1 + index}`)]));
      assert.deepEqual(
        (await listedIds(store)).toSorted(),
        Array.from({ length: 11 }, (_, index) => `e${index}`).toSorted(),
      );
    },
  },
  {
    name: 'keeps thousands of entries of one call',
    async verify(store) {
      const entries = Array.from({ length: 3_000 }, (_, index) => entryOf(`e${index}`));
      await store.append(entries);
      assert.equal(new Set(await listedIds(store)).size, 3_000);
    },
  },
  {
    name: 'takes ids, names and facts to the letter, however odd',
    async verify(store) {
      const texts = [...ODD_TEXTS, ...HOSTILE_TEXTS, 'n'.repeat(250), '\0'.repeat(250), '日'.repeat(250)];
      const entries = texts.map((text, index) => wholeOf(`e${1_000 - index} ${text}`, text));
      await store.append(entries);
      const byId = (some: readonly AuditEntry[]) =>
        some.toSorted((one, other) => (one.id < other.id ? -1 : 1));
      assert.deepEqual(byId(await listAll(store)), byId(entries));
    },
  },
  {
    name: 'gives and takes copies: what callers do to their objects does not reach it',
    async verify(store) {
      const given = [wholeOf('e1', 'x'), entryOf('e2')];
      await store.append(given);
      vandalise(given);
      vandalise(await listAll(store));
      assert.deepEqual(await listAll(store), [entryOf('e2'), wholeOf('e1', 'x')]);
    },
  },
  {
    name: 'forgets what is from before a time, and no more, and says how much',
    async verify(store) {
      const ages = [3, 2, 1, 0, -1];
      await store.append(ages.map((age) => entryOf(`e${age}`, { ...NO_NAMES, at: NOW - age })));
      assert.equal(await store.prune(NOW - 1), 2);
      assert.deepEqual(await listedIds(store), ['e-1', 'e0', 'e1']);
      assert.equal(await store.prune(NOW - 1), 0);
      assert.equal(await store.prune(NOW + 2), 3);
      assert.deepEqual(await listedIds(store), []);
    },
  },
  {
    name: 'forgets thousands of entries, once each, also when several forget at the same time',
    async verify(store) {
      await store.append(Array.from({ length: 3_000 }, (_, index) => entryOf(`e${index}`, { at: index })));
      const counts = await atOnce(3, () => store.prune(2_900));
      assert.equal(
        counts.reduce((one, other) => one + other),
        2_900,
      );
      assert.equal((await listedIds(store)).length, 100);
    },
  },
];
