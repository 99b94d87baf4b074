import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from '../../apps/sample/src/config.js';
import { repository } from '../support/pages.js';
import { rowsUnder } from './page-tables.js';
import { sourcesUnder } from './source.js';

/** What a function asks of an environment, whichever way it does so. */
function variablesAskedBy(read: (environment: Record<string, string | undefined>) => unknown): Set<string> {
  const asked = new Set<string>();
  read(new Proxy({}, { get: (_, name) => void asked.add(String(name)) }));
  return asked;
}

it('every variable that the sample reads is on the page, and no other', async () => {
  const rows = await rowsUnder('docs/operations/deployment.md', 'The environment of the sample');
  const written = rows.flatMap(([names = '']) => [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(written.toSorted()).toEqual([...variablesAskedBy(readConfig)].toSorted());
});

it('nothing of the sample reads a variable elsewhere', async () => {
  const paths = await sourcesUnder('apps/sample/src', '.ts');
  expect(paths).toContain('apps/sample/src/config.ts');
  for (const path of paths)
    expect([path, await readFile(join(repository, path), 'utf8')]).toEqual([
      path,
      expect.not.stringMatching(/process\.env(\.|\[)/),
    ]);
});
