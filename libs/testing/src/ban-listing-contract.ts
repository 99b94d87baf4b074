import assert from 'node:assert/strict';
import type { BanQuery, BanStore } from '@portcullis/auth';
import {
  banOf,
  idsOf,
  listAll,
  listedIds,
  NETWORK,
  NOW,
  OTHER_DETAILS,
  withoutStrikes,
} from './ban-samples.js';
import { ODD_TEXTS, type StoreContract } from './store-contract.js';

const [ONE, TWO, THREE] = ['192.0.2.1/32', '192.0.2.2/32', '2001:db8::/64'] as const;

/** Each newer than the one after it. */
const VARIED = [
  banOf('b6', { network: ONE, rule: 'honeypot' }),
  banOf('b5', { network: ONE, rule: 'honeypot', shadow: true }),
  banOf('b4', { network: TWO, rule: 'honeypot', expiresAt: NOW }),
  banOf('b3', { network: TWO, rule: 'unknown-key' }),
  banOf('b2', { network: THREE, rule: 'unknown-key', shadow: true, expiresAt: NOW }),
  banOf('b1', { network: THREE, rule: null, actor: 'honeypot' }),
];

/** Page after page, until one is empty. */
async function pagesOf(store: BanStore, query: Partial<BanQuery>, limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  let page = await store.list({ ...query, limit });
  while (page.length > 0 && pages.length < 100) {
    pages.push(idsOf(page));
    const last = page.at(-1);
    page = await store.list({ ...query, limit, ...(last && { after: last }) });
  }
  return pages;
}

/** How bans are listed. */
export const banListingContract: StoreContract<BanStore> = [
  {
    name: 'lists every ban as it was saved, over, lifted and shadows too',
    async verify(store) {
      const bans = [banOf('b1'), banOf('b2', OTHER_DETAILS), banOf('b3', { createdAt: 1, expiresAt: 2 })];
      await store.save(bans);
      assert.deepEqual(await listAll(store), bans.map(withoutStrikes));
    },
  },
  {
    name: 'lists the newest first, in whatever order they were saved',
    async verify(store) {
      for (const age of [2, 10, 4, 1, 3]) await store.save([banOf(`b${age}`, { createdAt: NOW - age })]);
      assert.deepEqual(await listedIds(store), ['b1', 'b2', 'b3', 'b4', 'b10']);
    },
  },
  {
    name: 'lists bans of one millisecond by their ids, greatest first, compared by code units',
    async verify(store) {
      const ids = ['z', 'ka', 'k9', 'k10', 'k1', 'k-1', 'k', 'a', '_', 'Z', 'K', '9', '10', '-', ''];
      for (const index of ids.keys()) await store.save([banOf(ids[(index * 7) % ids.length] as string)]);
      assert.deepEqual(await listedIds(store), ids);
    },
  },
  {
    name: 'lists a ban as active before its end and not at it',
    async verify(store) {
      await store.save([banOf('b1', { expiresAt: NOW })]);
      assert.deepEqual(await listedIds(store, { activeAt: NOW - 1 }), ['b1']);
      assert.deepEqual(await listedIds(store, { activeAt: NOW }), []);
      assert.deepEqual(await listedIds(store, { activeAt: NOW + 1 }), []);
    },
  },
  {
    name: 'lists the bans of exactly the given networks, each once',
    async verify(store) {
      await store.save(VARIED);
      assert.deepEqual(await listedIds(store, { networks: [TWO] }), ['b4', 'b3']);
      assert.deepEqual(await listedIds(store, { networks: [THREE, ONE] }), ['b6', 'b5', 'b2', 'b1']);
      assert.deepEqual(await listedIds(store, { networks: [ONE, NETWORK, ONE] }), ['b6', 'b5']);
      for (const network of ['192.0.2.0/24', '192.0.2.1/33', '192.0.2.1', '2001:DB8::/64', ''])
        assert.deepEqual(await listedIds(store, { networks: [network] }), [], network);
    },
  },
  {
    name: 'lists nothing for no networks',
    async verify(store) {
      await store.save(VARIED);
      assert.deepEqual(await listedIds(store, { networks: [] }), []);
    },
  },
  {
    name: 'takes tens of thousands of networks',
    async verify(store) {
      await store.save(VARIED);
      const others = Array.from({ length: 70_000 }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`);
      assert.deepEqual(await listedIds(store, { networks: [ONE, ...others, TWO] }), ['b6', 'b5', 'b4', 'b3']);
    },
  },
  {
    name: 'lists the bans of a rule',
    async verify(store) {
      await store.save([...VARIED, banOf('b0', { rule: '', network: 'honeypot', reason: 'honeypot' })]);
      assert.deepEqual(await listedIds(store, { rule: 'honeypot' }), ['b6', 'b5', 'b4']);
      assert.deepEqual(await listedIds(store, { rule: '' }), ['b0']);
      assert.deepEqual(await listedIds(store, { rule: 'null' }), []);
    },
  },
  {
    name: 'lists shadows, or the others',
    async verify(store) {
      await store.save(VARIED);
      assert.deepEqual(await listedIds(store, { shadow: true }), ['b5', 'b2']);
      assert.deepEqual(await listedIds(store, { shadow: false }), ['b6', 'b4', 'b3', 'b1']);
    },
  },
  {
    name: 'lists only what matches everything given',
    async verify(store) {
      await store.save(VARIED);
      const rule = 'honeypot';
      assert.deepEqual(await listedIds(store, { rule, shadow: false }), ['b6', 'b4']);
      assert.deepEqual(await listedIds(store, { rule, activeAt: NOW }), ['b6', 'b5']);
      assert.deepEqual(await listedIds(store, { rule, networks: [TWO, THREE] }), ['b4']);
      assert.deepEqual(await listedIds(store, { networks: [ONE, THREE], shadow: true }), ['b5', 'b2']);
      assert.deepEqual(await listedIds(store, { networks: [TWO, THREE], activeAt: NOW }), ['b3', 'b1']);
      assert.deepEqual(await listedIds(store, { shadow: true, activeAt: NOW }), ['b5']);
      const all = { rule, shadow: false, activeAt: NOW, networks: [ONE, TWO] };
      assert.deepEqual(await listedIds(store, all), ['b6']);
    },
  },
  {
    name: 'takes what is undefined for not given',
    async verify(store) {
      await store.save(VARIED);
      const nothing = { activeAt: undefined, networks: undefined, rule: undefined, after: undefined };
      const query = { ...nothing, shadow: true } as unknown as Partial<BanQuery>;
      assert.deepEqual(await listedIds(store, query), ['b5', 'b2']);
      const unknown = { ...nothing, shadow: undefined } as unknown as Partial<BanQuery>;
      assert.deepEqual(await listedIds(store, unknown), idsOf(VARIED));
    },
  },
  {
    name: 'compares networks and rules to the letter, however odd',
    async verify(store) {
      await store.save(ODD_TEXTS.map((text, index) => banOf(`b${index}`, { network: text, rule: text })));
      for (const [index, text] of ODD_TEXTS.entries()) {
        assert.deepEqual(await listedIds(store, { networks: [text] }), [`b${index}`], text);
        assert.deepEqual(await listedIds(store, { rule: text }), [`b${index}`], text);
      }
      for (const text of ['plai', 'lain', '%', '_____', 'PLAIn', ''])
        assert.deepEqual(await listedIds(store, { rule: text }), [], text);
    },
  },
  {
    name: 'lists at most so many: the newest of those that match',
    async verify(store) {
      await store.save(VARIED.toReversed());
      assert.deepEqual(await listedIds(store, { limit: 1 }), ['b6']);
      assert.deepEqual(await listedIds(store, { limit: 6 }), idsOf(VARIED));
      assert.deepEqual(await listedIds(store, { limit: 2, networks: [THREE, TWO] }), ['b4', 'b3']);
      assert.deepEqual(await listedIds(store, { limit: 2, rule: 'unknown-key' }), ['b3', 'b2']);
    },
  },
  {
    name: 'lists page after page: every ban once, in order, though many are of one millisecond',
    async verify(store) {
      const bans = Array.from({ length: 25 }, (_, index) =>
        banOf(`b${String.fromCharCode(65 + ((index * 7) % 25))}`, { createdAt: NOW + (index % 3) }),
      );
      await store.save(bans);
      const pages = await pagesOf(store, {}, 4);
      assert.deepEqual(
        pages.map(({ length }) => length),
        [4, 4, 4, 4, 4, 4, 1],
      );
      assert.deepEqual(pages.flat(), await listedIds(store));
      assert.deepEqual(pages.flat().toSorted(), idsOf(bans).toSorted());
    },
  },
  {
    name: 'lists page after page every ban once, however odd the ids',
    async verify(store) {
      await store.save(ODD_TEXTS.map((text) => banOf(text)));
      assert.deepEqual((await pagesOf(store, {}, 3)).flat().toSorted(), ODD_TEXTS.toSorted());
    },
  },
  {
    name: 'lists page after page what matches, and nothing else',
    async verify(store) {
      const bans = Array.from({ length: 40 }, (_, index) =>
        banOf(`b${10 + index}`, {
          network: index % 2 === 0 ? ONE : TWO,
          shadow: index % 3 === 0,
          rule: index % 5 === 0 ? null : 'honeypot',
          createdAt: NOW + Math.floor(index / 8),
          expiresAt: index % 7 === 0 ? NOW : NOW + 1,
        }),
      );
      await store.save(bans);
      const pages = async (query: Partial<BanQuery>) => (await pagesOf(store, query, 3)).flat();
      const wanted = (matches: (ban: (typeof bans)[number]) => boolean) =>
        idsOf(bans.filter(matches)).toReversed();
      assert.deepEqual(
        await pages({ networks: [ONE] }),
        wanted(({ network }) => network === ONE),
      );
      assert.deepEqual(
        await pages({ rule: 'honeypot' }),
        wanted(({ rule }) => rule !== null),
      );
      assert.deepEqual(
        await pages({ shadow: true }),
        wanted(({ shadow }) => shadow),
      );
      assert.deepEqual(
        await pages({ activeAt: NOW }),
        wanted(({ expiresAt }) => expiresAt > NOW),
      );
    },
  },
  {
    name: 'goes on after a position whose ban is not there, or does not match',
    async verify(store) {
      await store.save([
        banOf('b1', { createdAt: NOW - 1 }),
        banOf('b2', { createdAt: NOW }),
        banOf('b4', { createdAt: NOW, shadow: true }),
        banOf('b0', { createdAt: NOW + 1 }),
      ]);
      assert.deepEqual(await listedIds(store, { after: { createdAt: NOW, id: 'b3' } }), ['b2', 'b1']);
      assert.deepEqual(await listedIds(store, { after: { createdAt: NOW, id: '' } }), ['b1']);
      const after = { createdAt: NOW, id: 'b4' };
      assert.deepEqual(await listedIds(store, { after, shadow: false }), ['b2', 'b1']);
      assert.deepEqual(await listedIds(store, { after: { createdAt: NOW + 2, id: '' }, limit: 1 }), ['b0']);
      assert.deepEqual(await listedIds(store, { after: { createdAt: 0, id: 'z' } }), []);
    },
  },
];
