import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@libsql/client';
import { ApiKeyService, PortcullisModule } from '@portcullis/auth';
import { sqlite } from '@portcullis/sql/sqlite';
import { TestCredentials } from '@portcullis/testing';
import { noStrikes, ownTokens } from '../support/credentials.js';
import { blocksOf, importFrom, layOut, repository } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';
import { code, rowsUnder } from './page-tables.js';
import { sourcesUnder } from './source.js';

const PAGE = 'docs/operations/rotation.md';
const laidOut = await layOut(PAGE);
const { SigningKeysController } = await importFrom(laidOut, PAGE)('signing-keys.controller.ts');

afterAll(laidOut.remove);

it.each(platforms)('shows routes for signing keys that do what they say, on %s', async (platform) => {
  const imports = [PortcullisModule.forRoot({ tokens: ownTokens, bans: noStrikes })];
  const { app, url } = await boot(platform, { imports, controllers: [SigningKeysController] });
  const credentials = new TestCredentials(app);
  const [admin, raised] = [
    await credentials.user({ scopes: ['tokens:admin'] }),
    await credentials.user({ scopes: ['tokens:admin'], acr: 'mfa' }),
  ];
  const post = async (what: string, headers = admin) =>
    (await fetch(`${url}/admin/signing-keys/${what}`, { method: 'POST', headers })).status;
  expect([await post('rotate'), await post('rotate'), await post('replace')]).toEqual([201, 201, 401]);
  expect([await post('replace', raised), await post('rotate')]).toEqual([201, 401]);
  await app.close();
});

it('a SQLite file is backed up by VACUUM INTO while the app runs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-backup-'));
  const start = (file: string) =>
    boot('express', {
      imports: [PortcullisModule.forRoot({ storage: sqlite({ file: join(folder, file) }) })],
    });
  const { app } = await start('portcullis.db');
  const { id } = await app.get(ApiKeyService).create({ appId: 'depot', name: 'Depot' });
  const client = createClient({ url: `file:${join(folder, 'portcullis.db')}` });
  await client.execute(`VACUUM INTO '${join(folder, 'copy.db')}'`);
  client.close();
  await app.close();

  const restored = await start('copy.db');
  expect(await restored.app.get(ApiKeyService).find(id)).toMatchObject({ appId: 'depot' });
  await restored.app.close();
  await rm(folder, { recursive: true });
});

it('the keys that were revoked or disabled since a backup are found in the old database', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-backup-'));
  const file = join(folder, 'old.db');
  const { app } = await boot('express', {
    imports: [PortcullisModule.forRoot({ storage: sqlite({ file }) })],
  });
  const keys = app.get(ApiKeyService);
  const ids: string[] = [];
  for (let count = 0; count < 3; count++) ids.push((await keys.create({ appId: 'depot', name: 'Depot' })).id);
  await keys.revoke(ids[0] as string);
  await keys.disable(ids[1] as string);
  await app.close();
  const [query] = (await blocksOf('docs/operations/backup.md')).filter(({ language }) => language === 'sql');
  const client = createClient({ url: `file:${file}` });
  const { rows } = await client.execute(query?.text ?? '');
  client.close();
  await rm(folder, { recursive: true });
  expect(rows.map(({ id }) => id).sort()).toEqual(ids.slice(0, 2).sort());
});

it('every log line that operators are told to watch for is one that the library writes', async () => {
  const folders = ['libs/auth/src', 'libs/redis/src', 'libs/sql/src'];
  const files = (await Promise.all(folders.map((folder) => sourcesUnder(folder, '.ts')))).flat();
  const sources = await Promise.all(files.map((file) => readFile(join(repository, file), 'utf8')));
  // Where a line is put together, the page has the part that does not change.
  const lines = (await rowsUnder('docs/operations/watch.md', 'Log lines')).map(([line]) => code(line));
  expect(lines.filter((line) => !sources.some((source) => source.includes(line)))).toEqual([]);
  expect(lines.length).toBeGreaterThan(10);
});
