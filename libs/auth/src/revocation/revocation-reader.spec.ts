import type { KnownRevocation, RevocationPage, RevocationPlace } from './revocation.store.js';
import { RevocationReader } from './revocation-reader.js';

const revocation = (revokedAt: number, expiresAt = 1): KnownRevocation => ({
  ...{ type: 'token', tokenId: `t${revokedAt}`, id: `r${revokedAt}`, issuer: 'https://api.example' },
  ...{ revokedAt, expiresAt },
});
const compare = (one: RevocationPlace, other: RevocationPlace) =>
  one.revokedAt - other.revokedAt || (one.id < other.id ? -1 : Number(one.id > other.id));

/** Keeps revocations in their order, and notes which pages are taken apart, and which need not come because they are known. */
class Pages {
  kept: KnownRevocation[];
  takenApart = 0;
  leftOut = 0;
  /** What comes between two pages of one reading. */
  meanwhile: () => unknown = () => {};

  constructor(count: number) {
    this.kept = Array.from({ length: count }, (_, index) => revocation(10 * index));
  }

  add(...added: KnownRevocation[]): void {
    this.kept = [...this.kept, ...added].sort(compare);
  }

  async findPage(
    limit: number,
    after: RevocationPlace,
    until?: RevocationPlace,
    known?: string,
  ): Promise<RevocationPage> {
    await this.meanwhile();
    const page = this.kept
      .filter((each) => compare(each, after) > 0 && (until === undefined || compare(each, until) <= 0))
      .slice(0, limit);
    const digest = JSON.stringify(page);
    if (digest === known) this.leftOut++;
    return {
      digest,
      revocations: () => {
        this.takenApart++;
        return page;
      },
    };
  }

  async findSince(time: number, limit: number, after: RevocationPlace = { revokedAt: time, id: '' }) {
    return (await Pages.prototype.findPage.call(this, limit, after)).revocations();
  }

  async save() {}
  async forgetExpiredBefore() {}
}

function readerOf(pages: Pages, isInForce: (revocation: KnownRevocation) => boolean = () => true) {
  const taken = new Set<string>();
  const reader = new RevocationReader(pages, (each) => {
    taken.add(each.id);
    return isInForce(each);
  });
  /** @returns how many pages it took apart, and whether all that is kept was taken over by now */
  const read = async (since = 0) => {
    const before = pages.takenApart;
    await reader.readSince(since);
    return [pages.takenApart - before, pages.kept.every(({ id }) => taken.has(id))];
  };
  return { read, reader };
}

describe('reading revocations again', () => {
  it('takes apart what is not full yet, and nothing that was taken over', async () => {
    const pages = new Pages(5_500);
    const { read } = readerOf(pages);
    expect([await read(), await read(), await read()]).toEqual([
      [6, true],
      [1, true],
      [1, true],
    ]);
    expect(pages.leftOut).toBe(2 * 5);
  });

  it('takes over what has come somewhere in between, or at the end, and leaves the rest', async () => {
    const pages = new Pages(5_000);
    const { read } = readerOf(pages);
    await read();
    pages.add(revocation(12_345), revocation(60_000));
    // The thousand and the one that is too many, and what has come at the end.
    expect(await read()).toEqual([3, true]);
    expect(await read()).toEqual([1, true]);
  });

  it('takes over what is more than a page in the place of one', async () => {
    const pages = new Pages(3_000);
    const { read } = readerOf(pages);
    await read();
    pages.add(...Array.from({ length: 4_500 }, (_, index) => revocation(15_000 + (index + 1) / 1_000)));
    expect(await read()).toEqual([7, true]);
    expect(await read()).toEqual([1, true]);
  });

  it('leaves the rest where some were forgotten, pages of them', async () => {
    const pages = new Pages(5_000);
    const { read } = readerOf(pages);
    await read();
    pages.kept = pages.kept.slice(2_500);
    // Two that are empty, half a one, and the end.
    expect(await read()).toEqual([4, true]);
    expect(await read()).toEqual([1, true]);
  });

  it('takes over what has changed in its place', async () => {
    const pages = new Pages(2_000);
    const { read } = readerOf(pages);
    await read();
    pages.kept[7] = revocation(70, 2);
    expect(await read()).toEqual([2, true]);
  });

  it('takes over again what was over by a clock that was corrected since', async () => {
    const pages = new Pages(3_000);
    let isOver = true;
    const { read } = readerOf(pages, ({ revokedAt }) => !(isOver && revokedAt === 15_000));
    await read();
    isOver = false;
    expect(await read()).toEqual([2, true]);
    expect(await read()).toEqual([1, true]);
  });

  it('looks at what was decided lately, and not at the pages before', async () => {
    const pages = new Pages(5_000);
    const { read } = readerOf(pages);
    await read();
    pages.add(revocation(5), revocation(49_995));
    let asked = 0;
    pages.meanwhile = () => asked++;
    expect((await read(49_000))[0]).toBe(1);
    expect(asked).toBe(2);
    pages.meanwhile = () => {};
    expect(await read()).toEqual([3, true]);
  });

  it('loses nothing where several go on at a time, and more comes meanwhile', async () => {
    const pages = new Pages(5_000);
    const { read, reader } = readerOf(pages);
    let more = 0;
    pages.meanwhile = () => {
      if (more === 3_000) return;
      pages.add(...Array.from({ length: 100 }, () => revocation(((more++ * 7_919) % 50_000) + 0.5)));
    };
    await Promise.all([0, 20_000, 0, 40_000].map((since) => reader.readSince(since)));
    pages.meanwhile = () => {};
    expect((await read())[1]).toBe(true);
  });

  it('knows nothing again that was read from a store that has no pages', async () => {
    const { read } = readerOf(Object.assign(new Pages(2_500), { findPage: undefined }) as never);
    expect([await read(), await read()]).toEqual([
      [3, true],
      [3, true],
    ]);
  });

  it('knows what it knew where a reading has failed', async () => {
    const pages = new Pages(3_000);
    const { read } = readerOf(pages);
    await read();
    pages.meanwhile = () => Promise.reject(new Error('no'));
    await expect(read()).rejects.toThrow('no');
    pages.meanwhile = () => {};
    expect(await read()).toEqual([1, true]);
  });
});
