import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { importsOf } from '../architecture/imports.js';
import { blocksOf, layOut, repository } from '../support/readme.js';

const DEPOT = join(repository, 'test/extension/depot');
const blocks = await blocksOf('docs/guides/extend.md');
const shown = new Map(
  blocks
    .filter(({ language }) => language === 'ts')
    .map(({ text }) => [text.slice(3, text.indexOf('\n')), text.slice(text.indexOf('\n') + 1)]),
);

describe('the guide to extensions', () => {
  it('shows the code that runs in test/extension, all of it and to the letter', async () => {
    const files = (await readdir(DEPOT)).sort();
    expect([...shown.keys()].filter((name) => name !== 'app.module.ts').sort()).toEqual(files);
    for (const file of files) expect(shown.get(file)).toBe(await readFile(join(DEPOT, file), 'utf8'));
  });

  it('compiles under the strictest settings, by the public surface alone', async () => {
    const { folder, remove } = await layOut(blocks);
    try {
      const tsc = join(repository, 'node_modules/typescript/bin/tsc');
      const said = ({ stdout }: { stdout: string }) => stdout;
      expect(await promisify(execFile)(process.execPath, [tsc, '-p', folder]).then(said, said)).toBe('');
    } finally {
      await remove();
    }
  }, 60_000);

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
