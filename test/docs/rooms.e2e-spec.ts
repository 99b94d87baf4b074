import { dirname, join } from 'node:path';
import { pages, readPage } from '../support/pages.js';

const LONGEST_LINE = 140;

const all = await pages();
const withoutCode = async (page: string) => (await readPage(page)).replace(/^```.*?^```$/gms, '');

/** The pages of this repository that a page leads to. */
async function linkedFrom(page: string): Promise<string[]> {
  const links = (await withoutCode(page)).matchAll(/\]\((?!https?:)([^)\s#]+\.md)/g);
  return [...links].map(([, target = '']) => join(dirname(page), target));
}

it('every page is found by who begins with the README', async () => {
  const found = new Set(['README.md']);
  for (const page of found) for (const linked of await linkedFrom(page)) found.add(linked);
  expect(all.filter((page) => !found.has(page))).toEqual([]);
});

it('ARCHITECTURE lists every decision', async () => {
  const listed = (await linkedFrom('ARCHITECTURE.md')).filter((page) => page.startsWith('docs/decisions/'));
  expect(listed.sort()).toEqual(all.filter((page) => page.startsWith('docs/decisions/')));
});

it.each(all.filter((page) => page.startsWith('docs/decisions/')))(
  '%s is short, and says why, what and what follows',
  async (page) => {
    const text = await readPage(page);
    expect([...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual([
      'Context',
      'Decision',
      'Consequences',
    ]);
    expect(text.split('\n').length - 1).toBeLessThanOrEqual(35);
  },
);

it('no line of prose is longer than what fits on a screen', async () => {
  const tooLong: string[] = [];
  for (const page of all) {
    const prose = (await withoutCode(page)).split('\n').filter((line) => !line.startsWith('|'));
    tooLong.push(...prose.filter((line) => line.length > LONGEST_LINE).map((line) => `${page}: ${line}`));
  }
  expect(tooLong).toEqual([]);
});
