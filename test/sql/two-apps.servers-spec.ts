import { PortcullisModule, type SharedStorage } from '@portcullis/auth';
import type { SqlStores } from '@portcullis/sql';
import { postgres } from '@portcullis/sql/postgres';
import { sqlite } from '@portcullis/sql/sqlite';
import { AnyPostgres } from '../support/any-postgres.js';
import { eventually } from '../support/eventually.js';
import { LineKeeper } from '../support/line-keeper.js';
import { boot } from '../support/platforms.js';
import { ScratchFolder } from '../support/scratch-repository.js';

const WARNING = 'has the same tables';

describe.each(['SQLite', 'PostgreSQL'] as const)('two apps in one %s', (engine) => {
  let server: AnyPostgres | undefined;
  let folder: ScratchFolder;
  let opened: SqlStores[];
  let tests = 0;
  let tablePrefix: string;
  beforeAll(async () => {
    folder = await ScratchFolder.make();
    if (engine === 'PostgreSQL') server = await AnyPostgres.open();
  }, 30_000);
  afterAll(async () => {
    await server?.stop();
    await folder.remove();
  });
  beforeEach(() => {
    opened = [];
    tablePrefix = `app_${tests++}_`;
  });
  afterEach(() => Promise.all(opened.map((stores) => stores.close())));

  const storage = (prefix = tablePrefix, shared?: SharedStorage) => {
    const options = { tablePrefix: prefix, ...(shared && { shared }) };
    return server === undefined
      ? sqlite({ ...options, file: `${folder.path}/store.db` })
      : postgres({ ...options, url: server.url });
  };
  const warningOf = (name: string | undefined, ...place: Parameters<typeof storage>) => {
    const stores = storage(...place).open({ name });
    opened.push(stores);
    return stores.warning?.();
  };

  it('are told that they meet in the same tables, and the instances of each are not', async () => {
    expect(await warningOf('Parcels')).toBeUndefined();
    expect(await warningOf('Parcels')).toBeUndefined();
    expect(await warningOf('Scales')).toContain(`Another app, "Parcels", ${WARNING}`);
    // One without a name may be any app.
    expect(await warningOf(undefined)).toContain(WARNING);
    expect(await warningOf('Parcels')).toBeUndefined();
    expect(await warningOf('Scales', `${tablePrefix}of_scales_`)).toBeUndefined();
  });

  it('are told where they begin at the same time, all but one', async () => {
    const names = ['Parcels', 'Scales', 'Parcels', 'Scales'];
    const told = await Promise.all(names.map((name) => warningOf(name)));
    const warned = names.filter((_, index) => told[index] !== undefined);
    expect([warned.length, new Set(warned).size]).toEqual([2, 1]);
  });

  it('are told on one line, whatever the other calls itself', async () => {
    await warningOf(`x\n${'y'.repeat(10_000)}`);
    const warning = await warningOf('Parcels');
    expect(warning).not.toContain('\n');
    expect(warning?.length).toBeLessThan(700);
  });

  it('are told besides what is wrong with what instances share, or where that can not be said', async () => {
    await warningOf('Parcels');
    const shared = (warning: () => Promise<string>): SharedStorage => ({
      open: () => ({ warning, close: async () => {} }),
    });
    const both = await warningOf(
      'Scales',
      tablePrefix,
      shared(async () => 'The same keys.'),
    );
    expect(both).toMatch(new RegExp(`${WARNING}.* The same keys\\.$`));
    const failing = shared(() => Promise.reject(new Error('Redis is away')));
    expect(await warningOf('Scales', tablePrefix, failing)).toContain(WARNING);
    await expect(warningOf('Parcels', tablePrefix, failing)).rejects.toThrow('Redis is away');
  });

  it('read it in their log when they boot', async () => {
    const start = async (name: string) => {
      const lines = new LineKeeper();
      const portcullis = PortcullisModule.forRoot({ name, storage: storage() });
      const { app } = await boot('fastify', { imports: [portcullis] }, { logger: lines });
      return { app, warnings: () => lines.lines.filter((line) => line.includes(WARNING)) };
    };
    const apps = [await start('Parcels')];
    // Nobody waits at boot for it to be noted, and one without a name notes nothing.
    const nameless = storage().open({ name: undefined });
    opened.push(nameless);
    await eventually(async () => (await nameless.warning?.()) !== undefined);
    apps.push(await start('Parcels'), await start('Scales'));
    await eventually(() => apps[2]?.warnings().length === 1);
    for (const { app } of apps) await app.close();
    expect(apps.map(({ warnings }) => warnings().length)).toEqual([0, 0, 1]);
  });
});
