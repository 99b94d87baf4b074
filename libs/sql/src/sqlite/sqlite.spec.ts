import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client';
import type { BanRecord } from '@portcullis/auth';
import { TABLES_VERSION } from '../tables-version.js';
import { type SqlStores, StoreError, sqlite } from './index.js';
import { SqliteDatabase } from './sqlite-database.js';

const NOW = Date.UTC(2030, 0, 1);

let folder: string;
let opened: SqlStores[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-sql-'));
  opened = [];
});
afterEach(async () => {
  for (const stores of opened) await stores.close();
  rmSync(folder, { recursive: true });
});

const inFolder = (name = 'store.db') => join(folder, name);

function open(file = inFolder(), tablePrefix?: string): SqlStores {
  const stores = sqlite({ file, ...(tablePrefix !== undefined && { tablePrefix }) }).open();
  opened.push(stores);
  return stores;
}

function banOf(id: string, details: Partial<BanRecord> = {}): BanRecord {
  return {
    ...{ id, network: '203.0.113.7/32', reason: '20 strikes', rule: 'unknown-key', actor: null, offence: 1 },
    ...{ shadow: false, createdAt: NOW, expiresAt: NOW + 1_000, liftedAt: null, liftedBy: null, strikes: [] },
    ...details,
  };
}

const manyBans = (count: number) => Array.from({ length: count }, (_, index) => banOf(`many${index}`));

async function idsIn({ bans }: SqlStores): Promise<string[]> {
  return (await bans.list({ limit: 100_000 })).map(({ id }) => id);
}

/** Changes the file behind the stores' back. */
async function execute(sql: string, file = inFolder()): Promise<unknown[][]> {
  const client = createClient({ url: pathToFileURL(file).href });
  try {
    return (await client.execute(sql)).rows.map((row) => Object.values(row));
  } finally {
    client.close();
  }
}

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe('stores in SQLite', () => {
  it('make nothing before they are used', async () => {
    await open().close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('make a missing file and its folder for this user alone', async () => {
    const file = join(folder, 'var', 'data', 'store.db');
    await open(file).bans.save([banOf('b1')]);
    expect(modeOf(join(folder, 'var'))).toBe('700');
    expect(modeOf(join(folder, 'var', 'data'))).toBe('700');
    for (const name of ['store.db', 'store.db-wal', 'store.db-shm'])
      expect([name, modeOf(join(folder, 'var', 'data', name))]).toEqual([name, '600']);
  });

  it('leave the rights of a file as they are', async () => {
    writeFileSync(inFolder(), '');
    chmodSync(inFolder(), 0o640);
    await open().bans.save([banOf('b1')]);
    expect(modeOf(inFolder())).toBe('640');
  });

  it.each(['a b.db', 'a#b.db', 'a?mode=memory', 'a%41.db', 'file:a.db', ':memory:', 'ü🔑', "it's", 'a\\b'])(
    'take the name of a file to the letter: %s',
    async (name) => {
      const file = inFolder(name);
      const stores = open(file);
      await stores.bans.save([banOf('b1')]);
      await stores.close();
      expect(readdirSync(folder).filter((found) => !/-(wal|shm)$/.test(found))).toEqual([name]);
      expect(await idsIn(open(relative(process.cwd(), file)))).toEqual(['b1']);
    },
  );

  it.each(['', '1a_', 'a-b', 'a b', 'a"b', 'a;', 'é_', 'a\n'])(
    'refuse the table prefix %j',
    (tablePrefix) => {
      expect(() => sqlite({ file: inFolder(), tablePrefix })).toThrow(TypeError);
    },
  );

  it.each(['sqlite_', 'SQLite_p'])('refuse the table prefix %j, which is not ours to use', (tablePrefix) => {
    expect(() => sqlite({ file: inFolder(), tablePrefix })).toThrow('must not begin with sqlite_');
  });

  it.each(['', 'a\0b', undefined as unknown as string])('refuse the file %j', (file) => {
    expect(() => sqlite({ file })).toThrow(TypeError);
  });

  it('share a file with stores of another table prefix without seeing them', async () => {
    const [one, other] = [open(), open(inFolder(), '_Tenant2')];
    await one.bans.save([banOf('b1')]);
    await other.bans.save([banOf('b2')]);
    expect(await idsIn(one)).toEqual(['b1']);
    expect(await idsIn(other)).toEqual(['b2']);
  });

  it('keep everything when they are closed and opened again', async () => {
    const strikes: BanRecord['strikes'] = [
      { rule: 'r', points: 1, at: NOW, address: 'a', requestId: 'i', method: 'GET', path: '/', status: 401 },
    ];
    const first = open();
    await first.bans.save([banOf('b1', { strikes })]);
    await first.close();
    expect(await open().bans.findById('b1')).toEqual(banOf('b1', { strikes }));
  });

  it('leave a file that is complete without its companions', async () => {
    const first = open();
    await first.bans.save([banOf('b1')]);
    await first.close();
    for (const name of ['store.db-wal', 'store.db-shm']) rmSync(inFolder(name), { force: true });
    expect(await idsIn(open())).toEqual(['b1']);
  });

  it('end the work under way when they are closed, and refuse more', async () => {
    const stores = open();
    const saved = stores.bans.save(manyBans(2_000));
    await stores.close();
    await saved;
    await stores.close();
    await expect(stores.bans.save([banOf('b1')])).rejects.toThrow(
      'Could not save bans: the stores are closed',
    );
    await expect(stores.bans.findById('b1')).rejects.toThrow(StoreError);
    expect(await idsIn(open())).toHaveLength(2_000);
  });
});

describe('two clients of one file', () => {
  it('see each other’s changes at once', async () => {
    const [one, other] = [open(), open()];
    await one.bans.save([banOf('b1')]);
    expect(await idsIn(other)).toEqual(['b1']);
    await other.bans.lift('b1', NOW, 'ops');
    expect((await one.bans.findById('b1'))?.liftedBy).toBe('ops');
  });

  it('lose nothing when both change it', async () => {
    const both = [open(), open()] as const;
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => both[index % 2]?.bans.save([banOf(`b${index}`)])),
    );
    expect(await idsIn(both[0])).toHaveLength(40);
    const lifted = await Promise.all(both.map(({ bans }, index) => bans.lift('b7', NOW - index, null)));
    expect(lifted.filter((ban) => ban !== undefined)).toHaveLength(1);
  });

  it('are answered while one of them saves very many bans, of which nothing is seen before the end', async () => {
    const [one, other] = [open(), open()];
    await one.bans.save([banOf('b1')]);
    let isSaved = false;
    const saved = one.bans.save(manyBans(10_000)).then(() => {
      isSaved = true;
    });
    const waiting = other.bans.save([banOf('b2')]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const stores of [one, other]) expect(await idsIn(stores)).toEqual(['b1']);
    expect(isSaved).toBe(false);
    await Promise.all([saved, waiting]);
    expect(await idsIn(one)).toHaveLength(10_002);
  });

  it('open a fresh file at once', async () => {
    const clients = Array.from({ length: 5 }, () => open());
    await Promise.all(clients.map(({ bans }, index) => bans.save([banOf(`b${index}`)])));
    expect(await idsIn(open())).toHaveLength(5);
    expect(await execute('SELECT version FROM portcullis_migrations')).toEqual(
      Array.from({ length: TABLES_VERSION }, (_, index) => [index + 1]),
    );
  });
});

describe('bans that are forgotten', () => {
  it('leave no strikes in the database', async () => {
    const { bans } = open();
    const strikes = [{ rule: 'r' }] as unknown as BanRecord['strikes'];
    const forgettings = [
      () => bans.forget('203.0.113.7/32'),
      () => bans.forgetExpiredBefore(NOW + 1_000),
      () => bans.trim(0),
      () => bans.forgetByIds(['b1', 'b2']),
    ];
    for (const forget of forgettings) {
      await bans.save([banOf('b1', { strikes }), banOf('b2', { strikes })]);
      expect(await execute('SELECT count(*) FROM portcullis_ban_strikes')).toEqual([[2]]);
      await forget();
      expect(await execute('SELECT count(*) FROM portcullis_ban_strikes')).toEqual([[0]]);
    }
  });
});

describe('a change that fails', () => {
  it('leaves nothing behind, however much of it was done', async () => {
    const { bans } = open();
    await bans.save([banOf('b1'), banOf('many0', { reason: 'older' })]);
    const bad = banOf('bad', { offence: null as unknown as number });
    await expect(bans.save([...manyBans(1_500), bad])).rejects.toThrow(StoreError);
    expect((await bans.list({ limit: 10 })).map(({ id, reason }) => [id, reason])).toEqual([
      ['many0', 'older'],
      ['b1', '20 strikes'],
    ]);
    await bans.save([banOf('b2')]);
    expect(await bans.findById('b2')).toEqual(banOf('b2'));
  });

  it('says what could not be done and holds the driver’s error, and nothing of what was to be kept', async () => {
    const bad = banOf('b1', { reason: null as unknown as string, actor: 'hunter2', network: 'hunter2' });
    const { bans } = open();
    await bans.findById('b1');
    await execute('DROP TABLE portcullis_bans');
    const error: Error = await bans.save([{ ...bad, reason: 'hunter2' }]).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(StoreError);
    expect(error.name).toBe('StoreError');
    expect(error.message).toBe('Could not save bans: the database refuses it (SQLITE_ERROR)');
    expect(error.cause).toMatchObject({ code: 'SQLITE_ERROR' });
    expect(`${error.stack} ${(error.cause as Error).stack}`).not.toContain('hunter2');
  });

  it('is tried again by the next call when the file could not be opened', async () => {
    writeFileSync(inFolder(), 'This is no database.'.repeat(100));
    const { bans } = open();
    const why = `${inFolder()} can not be opened: the file is not a database`;
    await expect(bans.save([banOf('b1')])).rejects.toThrow(`Could not save bans: ${why}`);
    await expect(bans.list({ limit: 1 })).rejects.toThrow(`Could not list bans: ${why}`);
    rmSync(inFolder());
    await bans.save([banOf('b1')]);
    expect(await bans.list({ limit: 1 })).toHaveLength(1);
  });

  it('says so when the folder can not be made', async () => {
    writeFileSync(inFolder('plain'), '');
    await expect(open(join(folder, 'plain', 'store.db')).bans.forgetByIds(['b1'])).rejects.toThrow(
      StoreError,
    );
  });
});

describe('every change', () => {
  it('is on the disk when it is answered, and takes with a row what belongs to it', async () => {
    const database = new SqliteDatabase(inFolder(), 'p_');
    const settingOf = (name: string) =>
      database.change('look', async ({ rows }) => Object.values((await rows(`PRAGMA ${name}`))[0] ?? {}));
    const full = 2;
    for (let change = 0; change < 3; change++) {
      expect(await settingOf('synchronous')).toEqual([full]);
      expect(await settingOf('foreign_keys')).toEqual([1]);
      expect(await settingOf('journal_mode')).toEqual(['wal']);
      await expect(database.change('fail', ({ change }) => change('nonsense'))).rejects.toThrow(StoreError);
    }
    await database.close();
  });
});

describe('a backup that was brought back', () => {
  it("gets its log again, so that who reads is in nobody's way", async () => {
    await open().bans.save([banOf('b1')]);
    const backup = inFolder('backup.db');
    await execute(`VACUUM INTO '${backup}'`);
    expect(await execute('PRAGMA journal_mode', backup)).toEqual([['delete']]);
    expect(await idsIn(open(backup))).toEqual(['b1']);
    expect(await execute('PRAGMA journal_mode', backup)).toEqual([['wal']]);
  });
});

describe('a database of a newer version', () => {
  it('is refused, and left as it is', async () => {
    const first = open();
    await first.bans.save([banOf('b1')]);
    await first.close();
    await execute(`INSERT INTO portcullis_migrations VALUES (${TABLES_VERSION + 1}, 0)`);
    const { bans } = open();
    const message = `tables of version ${TABLES_VERSION + 1}, and this version of @portcullis/sql knows them up to ${TABLES_VERSION} only`;
    await expect(bans.list({ limit: 1 })).rejects.toThrow(message);
    await expect(bans.forgetByIds(['b1'])).rejects.toThrow(message);
    expect(await execute('SELECT count(*) FROM portcullis_bans')).toEqual([[1]]);
    expect(existsSync(inFolder())).toBe(true);
  });
});
