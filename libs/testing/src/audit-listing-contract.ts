import assert from 'node:assert/strict';
import { AUDIT_NAMES, type AuditEntry, type AuditQuery, type AuditStore } from '@portcullis/auth';
import { entryOf, idsOf, listAll, listedIds, NO_NAMES, NOW } from './audit-samples.js';
import { ODD_TEXTS, type StoreContract } from './store-contract.js';

/** Each newer than the one after it. */
const VARIED: readonly AuditEntry[] = [
  entryOf('e6', { ...NO_NAMES, at: NOW + 6, type: 'api-key.created', actor: 'root', keyId: 'k2' }),
  entryOf('e5', { at: NOW + 5, subject: 'bob' }),
  entryOf('e4', { at: NOW + 4, address: '2001:db8::7', requestId: 'r4' }),
  entryOf('e3', { ...NO_NAMES, at: NOW + 3, type: 'address.banned', actor: 'ann', address: '203.0.113.7' }),
  entryOf('e2', { at: NOW + 2, appId: 'shop', keyId: 'k2' }),
  entryOf('e1', { ...NO_NAMES, at: NOW + 1, type: 'bans.cleared', actor: 'root', appId: 'root' }),
];

/** Page after page, until one is empty. */
async function pagesOf(store: AuditStore, query: Partial<AuditQuery>, limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  let page = await store.list({ ...query, limit });
  while (page.length > 0 && pages.length < 100) {
    pages.push(idsOf(page));
    const last = page.at(-1);
    page = await store.list({ ...query, limit, ...(last && { after: { at: last.at, id: last.id } }) });
  }
  return pages;
}

/** How entries are listed. */
export const auditListingContract: StoreContract<AuditStore> = [
  {
    name: 'lists the newest first, in whatever order they were appended',
    async verify(store) {
      for (const age of [2, 10, 4, 1, 3]) await store.append([entryOf(`e${age}`, { at: NOW - age })]);
      assert.deepEqual(await listedIds(store), ['e1', 'e2', 'e3', 'e4', 'e10']);
    },
  },
  {
    name: 'lists entries of one millisecond by their ids, greatest first, compared by code units',
    async verify(store) {
      const ids = ['z', 'ka', 'k9', 'k10', 'k1', 'k-1', 'k', 'a', '_', 'Z', 'K', '9', '10', '-', ''];
      for (const index of ids.keys()) await store.append([entryOf(ids[(index * 7) % ids.length] as string)]);
      assert.deepEqual(await listedIds(store), ids);
    },
  },
  {
    name: 'lists the entries of a type, or of several, each once',
    async verify(store) {
      await store.append(VARIED);
      assert.deepEqual(await listedIds(store, { types: ['request.refused'] }), ['e5', 'e4', 'e2']);
      assert.deepEqual(await listedIds(store, { types: ['audit.dropped'] }), []);
      const types = ['bans.cleared', 'request.refused', 'audit.dropped', 'request.refused'] as const;
      assert.deepEqual(await listedIds(store, { types }), ['e5', 'e4', 'e2', 'e1']);
    },
  },
  {
    name: 'lists nothing for no types',
    async verify(store) {
      await store.append(VARIED);
      assert.deepEqual(await listedIds(store, { types: [] }), []);
      assert.deepEqual(await listedIds(store, { types: [], subject: 'ann' }), []);
    },
  },
  {
    name: 'lists the entries of a name, each name by itself',
    async verify(store) {
      await store.append(VARIED);
      assert.deepEqual(await listedIds(store, { actor: 'root' }), ['e6', 'e1']);
      assert.deepEqual(await listedIds(store, { subject: 'ann' }), ['e4', 'e2']);
      assert.deepEqual(await listedIds(store, { appId: 'depot' }), ['e5', 'e4']);
      assert.deepEqual(await listedIds(store, { keyId: 'k2' }), ['e6', 'e2']);
      assert.deepEqual(await listedIds(store, { address: '203.0.113.7' }), ['e5', 'e3', 'e2']);
      assert.deepEqual(await listedIds(store, { requestId: 'r4' }), ['e4']);
    },
  },
  {
    name: 'lists what is at or after a time, and before another',
    async verify(store) {
      await store.append(VARIED);
      assert.deepEqual(await listedIds(store, { since: NOW + 5 }), ['e6', 'e5']);
      assert.deepEqual(await listedIds(store, { until: NOW + 3 }), ['e2', 'e1']);
      assert.deepEqual(await listedIds(store, { since: NOW + 2, until: NOW + 4 }), ['e3', 'e2']);
      assert.deepEqual(await listedIds(store, { since: NOW + 4, until: NOW + 4 }), []);
    },
  },
  {
    name: 'lists only what matches everything given',
    async verify(store) {
      await store.append(VARIED);
      const types = ['request.refused'] as const;
      assert.deepEqual(await listedIds(store, { types, keyId: 'k2' }), ['e2']);
      assert.deepEqual(await listedIds(store, { types, since: NOW + 4 }), ['e5', 'e4']);
      assert.deepEqual(await listedIds(store, { types: ['address.banned', ...types], until: NOW + 4 }), [
        'e3',
        'e2',
      ]);
      assert.deepEqual(await listedIds(store, { actor: 'root', keyId: 'k2' }), ['e6']);
      assert.deepEqual(await listedIds(store, { subject: 'ann', appId: 'depot' }), ['e4']);
      assert.deepEqual(await listedIds(store, { address: '203.0.113.7', until: NOW + 5 }), ['e3', 'e2']);
      assert.deepEqual(await listedIds(store, { requestId: 'r1', appId: 'depot', since: NOW }), ['e5']);
      assert.deepEqual(await listedIds(store, { actor: 'root', types }), []);
    },
  },
  {
    name: 'takes what is undefined for not given',
    async verify(store) {
      await store.append(VARIED);
      const names = Object.fromEntries(AUDIT_NAMES.map((name) => [name, undefined]));
      const nothing = { ...names, types: undefined, since: undefined, until: undefined, after: undefined };
      assert.deepEqual(await listedIds(store, nothing as unknown as Partial<AuditQuery>), idsOf(VARIED));
    },
  },
  {
    name: 'compares names to the letter, however odd',
    async verify(store) {
      const texts = [...ODD_TEXTS, '\0', '\ud800', '\udc00', 'n'.repeat(250)];
      for (const [index, text] of texts.entries()) {
        const names = Object.fromEntries(AUDIT_NAMES.map((name) => [name, text]));
        await store.append([entryOf(`e${index}`, names)]);
      }
      for (const [index, text] of texts.entries()) {
        for (const name of AUDIT_NAMES)
          assert.deepEqual(await listedIds(store, { [name]: text }), [`e${index}`], `${name} ${text}`);
      }
      for (const text of ['plai', 'lain', '%', '_____', 'PLAIn', '', 'n'.repeat(249)])
        assert.deepEqual(await listedIds(store, { actor: text }), [], text);
    },
  },
  {
    name: 'lists at most so many: the newest of those that match',
    async verify(store) {
      await store.append(VARIED.toReversed());
      assert.deepEqual(await listedIds(store, { limit: 1 }), ['e6']);
      assert.deepEqual(await listedIds(store, { limit: 6 }), idsOf(VARIED));
      assert.deepEqual(await listedIds(store, { limit: 2, address: '203.0.113.7' }), ['e5', 'e3']);
      const types = ['bans.cleared', 'request.refused'] as const;
      assert.deepEqual(await listedIds(store, { limit: 2, types: ['request.refused'] }), ['e5', 'e4']);
      assert.deepEqual(await listedIds(store, { limit: 3, types }), ['e5', 'e4', 'e2']);
      assert.deepEqual(await listedIds(store, { limit: 1, types, actor: 'root' }), ['e1']);
    },
  },
  {
    name: 'lists page after page: every entry once, in order, though many are of one millisecond',
    async verify(store) {
      const entries = Array.from({ length: 25 }, (_, index) =>
        entryOf(`e${String.fromCharCode(65 + ((index * 7) % 25))}`, { at: NOW + (index % 3) }),
      );
      await store.append(entries);
      const pages = await pagesOf(store, {}, 4);
      assert.deepEqual(
        pages.map(({ length }) => length),
        [4, 4, 4, 4, 4, 4, 1],
      );
      assert.deepEqual(pages.flat(), await listedIds(store));
      assert.deepEqual(pages.flat().toSorted(), idsOf(entries).toSorted());
    },
  },
  {
    name: 'lists page after page what matches, and nothing else',
    async verify(store) {
      const entries = Array.from({ length: 40 }, (_, index) =>
        entryOf(`e${10 + index}`, {
          at: NOW + Math.floor(index / 8),
          type: (['request.refused', 'token.issued', 'bans.cleared'] as const)[index % 3] ?? 'bans.cleared',
          actor: index % 2 === 0 ? 'root' : null,
          address: index % 5 === 0 ? null : '203.0.113.7',
        }),
      );
      await store.append(entries);
      const isListed = async (query: Partial<AuditQuery>, matches: (entry: AuditEntry) => boolean) =>
        assert.deepEqual(
          (await pagesOf(store, query, 3)).flat(),
          idsOf(entries.filter(matches)).toReversed(),
        );
      const types = ['token.issued', 'bans.cleared'] as const;
      await isListed({ types }, ({ type }) => type !== 'request.refused');
      await isListed({ actor: 'root' }, ({ actor }) => actor !== null);
      await isListed({ address: '203.0.113.7' }, ({ address }) => address !== null);
      await isListed({ since: NOW + 2 }, ({ at }) => at >= NOW + 2);
      await isListed({ until: NOW + 2 }, ({ at }) => at < NOW + 2);
      await isListed(
        { types, actor: 'root' },
        ({ type, actor }) => type !== 'request.refused' && actor !== null,
      );
    },
  },
  {
    name: 'goes on after a position whose entry is not there, or does not match',
    async verify(store) {
      await store.append([
        entryOf('e1', { at: NOW - 1 }),
        entryOf('e2'),
        entryOf('e4', { type: 'token.issued' }),
        entryOf('e0', { at: NOW + 1 }),
      ]);
      assert.deepEqual(await listedIds(store, { after: { at: NOW, id: 'e3' } }), ['e2', 'e1']);
      assert.deepEqual(await listedIds(store, { after: { at: NOW, id: '' } }), ['e1']);
      const query = { after: { at: NOW, id: 'e4' }, types: ['request.refused'] } as const;
      assert.deepEqual(await listedIds(store, query), ['e2', 'e1']);
      assert.deepEqual(await listAll(store, { after: { at: NOW - 1, id: 'e1' } }), []);
    },
  },
];
