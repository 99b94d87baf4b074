import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Revocation } from '@portcullis/auth';
import { type SqlStores, sqlite } from './index.js';
import { SqliteDatabase } from './sqlite-database.js';

const REFUSED = 'the database file was replaced or removed while it was open: restart';

let folder: string;
let file: string;
let opened: { close(): Promise<void> }[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-sql-'));
  file = join(folder, 'data', 'store.db');
  opened = [];
});
afterEach(async () => {
  for (const each of opened) await each.close();
  rmSync(folder, { recursive: true });
});

function open(): SqlStores {
  const stores = sqlite({ file }).open();
  opened.push(stores);
  return stores;
}

function revocationOf(tokenId: string): Revocation {
  const common = { id: tokenId, issuer: 'https://api.example', reason: 'lost', revokedAt: 1, expiresAt: 2 };
  return { ...common, type: 'token', tokenId };
}

const idsIn = async ({ revocations }: SqlStores) => (await revocations.findSince(0, 10)).map(({ id }) => id);

const other = () => join(folder, 'other.db');

/** A backup of the file, beside it. */
async function backUp(): Promise<void> {
  const stores = sqlite({ file }).open();
  await stores.revocations.save([revocationOf('before')]);
  await stores.close();
  copyFileSync(file, other());
}

const CASES: readonly [how: string, replace: () => void][] = [
  ['a backup is moved over it', () => renameSync(other(), file)],
  ['it is removed', () => rmSync(file)],
  ['it is removed, and made anew', () => [rmSync(file), copyFileSync(other(), file)]],
  ['the log of its newest changes is removed', () => rmSync(`${file}-wal`)],
  ['where to find them in that log is removed', () => rmSync(`${file}-shm`)],
  ['its folder is moved', () => renameSync(join(folder, 'data'), join(folder, 'away'))],
];

describe.each(CASES)('a SQLite file that is open when %s', (_, replace) => {
  beforeEach(backUp);

  it('is neither read nor changed any more', async () => {
    const stores = open();
    await stores.revocations.save([revocationOf('answered')]);
    replace();
    await expect(stores.revocations.save([revocationOf('lost')])).rejects.toThrow(
      `Could not save revocations: ${REFUSED}`,
    );
    await expect(idsIn(stores)).rejects.toThrow(`Could not find revocations: ${REFUSED}`);
    await expect(stores.feed.publish({ kind: 'bans', networks: 'all' })).rejects.toThrow(REFUSED);
    await expect(stores.versions()).rejects.toThrow(REFUSED);
    await expect(stores.migrate()).rejects.toThrow(REFUSED);
  });

  it('acknowledges nothing of a change that it came in the middle of', async () => {
    const database = new SqliteDatabase(file, 'portcullis_');
    opened.push(database);
    await database.read('open', ['version'], 'FROM portcullis_migrations', []);
    const changing = database.change('change', async ({ change }) => {
      await change('DELETE FROM portcullis_revocations');
      replace();
    });
    await expect(changing).rejects.toThrow(`Could not change: ${REFUSED}`);
  });
});

describe('a SQLite file that was replaced', () => {
  beforeEach(backUp);

  it('stays refused when it is back, because what came meanwhile to the other one is not known', async () => {
    const stores = open();
    await stores.revocations.save([revocationOf('answered')]);
    const away = join(folder, 'away.db');
    renameSync(file, away);
    await expect(idsIn(stores)).rejects.toThrow(REFUSED);
    renameSync(away, file);
    await expect(idsIn(stores)).rejects.toThrow(REFUSED);
    expect(await idsIn(open())).toEqual(['answered', 'before']);
  });

  it('is opened by whoever starts then', async () => {
    const stores = open();
    await stores.revocations.save([revocationOf('answered')]);
    await stores.close();
    renameSync(other(), file);
    expect(await idsIn(open())).toEqual(['before']);
  });

  it('is not made anew by who had it open', async () => {
    const stores = open();
    await idsIn(stores);
    rmSync(file);
    for (const call of [() => idsIn(stores), () => stores.versions(), () => stores.migrate()])
      await expect(call()).rejects.toThrow(REFUSED);
    expect(existsSync(file)).toBe(false);
  });
});

it('a SQLite file whose log of changes somebody empties is not changed any more, nor read once anybody has tried to', async () => {
  const [one, other] = [open(), open()];
  await one.revocations.save([revocationOf('answered')]);
  expect(await idsIn(other)).toEqual(['answered']);
  truncateSync(`${file}-wal`);
  await expect(one.revocations.save([revocationOf('lost')])).rejects.toThrow(REFUSED);
  for (const stores of [one, other]) await expect(idsIn(stores)).rejects.toThrow(REFUSED);
});

it('a SQLite file is opened though a power failure has left zeros in its log of changes', async () => {
  await backUp();
  writeFileSync(`${file}-wal`, Buffer.alloc(32_992));
  const stores = open();
  expect(await idsIn(stores)).toEqual(['before']);
  await stores.revocations.save([revocationOf('answered')]);
  expect(await idsIn(open())).toEqual(['answered', 'before']);
});

it('a SQLite file goes on when others open and close it', async () => {
  const stores = open();
  await stores.revocations.save([revocationOf('answered')]);
  for (let round = 0; round < 3; round++) {
    const others = sqlite({ file }).open();
    await others.revocations.save([revocationOf(`other${round}`)]);
    await others.close();
    await stores.revocations.save([revocationOf(`own${round}`)]);
  }
  expect(await idsIn(stores)).toHaveLength(7);
});
