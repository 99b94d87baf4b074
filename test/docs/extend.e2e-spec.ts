import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { importsOf } from '../architecture/imports.js';
import { filesOf, repository } from '../support/pages.js';

const DEPOT = join(repository, 'test/extension/depot');
const shown = new Map(
  [...(await filesOf('docs/guides/extend.md'))].map(([name, text]) => [
    name,
    text.slice(text.indexOf('\n') + 1),
  ]),
);

describe('the guide to extensions', () => {
  it('shows the code that runs in test/extension, all of it and to the letter', async () => {
    const files = (await readdir(DEPOT)).sort();
    expect([...shown.keys()].filter((name) => name !== 'app.module.ts').sort()).toEqual(files);
    for (const file of files) expect(shown.get(file)).toBe(await readFile(join(DEPOT, file), 'utf8'));
  });

  it('imports Portcullis by its name only', () => {
    const files = new Map([...shown].map(([name, text]) => [`depot/${name}`, text]));
    const outside = importsOf(files).filter(({ target }) => target === undefined || !files.has(target));
    const modules = new Set(outside.map(({ specifier }) => specifier));
    expect([...modules].sort()).toEqual([
      '@nestjs/common',
      '@nestjs/core',
      '@portcullis/auth',
      'class-validator',
      'node:crypto',
    ]);
  });
});
