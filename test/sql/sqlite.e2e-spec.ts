import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { BanRecord } from '@portcullis/auth';
import type { SqlStores } from '@portcullis/sql';
import { sqlite } from '@portcullis/sql/sqlite';
import { nextFrom } from '../support/child-says.js';
import { program } from '../support/program.js';
import { ScratchFolder } from '../support/scratch-repository.js';

const NOW = Date.UTC(2030, 0, 1);
const PRELUDE = `
  import { once } from 'node:events';
  import { sqlite } from '${program('@portcullis/sql/sqlite')}';
  const ban = (id) => ({
    ...{ id, network: '203.0.113.7/32', reason: '20 strikes', rule: 'unknown-key', actor: null, offence: 1 },
    ...{ shadow: false, createdAt: ${NOW}, expiresAt: ${NOW + 1_000}, liftedAt: null, liftedBy: null },
    strikes: [],
  });
  const { bans } = sqlite({ file: process.argv[1] }).open();
`;
const DIE = `process.kill(process.pid, 'SIGKILL');`;

let folder: ScratchFolder;
let file: string;
let stores: SqlStores;
beforeEach(async () => {
  folder = await ScratchFolder.make();
  file = join(folder.path, 'store.db');
  stores = sqlite({ file }).open();
});
afterEach(async () => {
  await stores.close();
  await folder.remove();
});

const PLAIN = [process.execPath];
/** Node, with one megabyte of disk at the folder that is its first argument, which nobody else sees. */
const ON_A_SMALL_DISK = [
  ...['unshare', '--map-root-user', '--mount', 'sh', '-c'],
  `mount -t tmpfs -o size=1m none "$0" && exec "${process.execPath}" "$@"`,
];

/** Starts a process of its own with the stores. */
function start(script: string, [starter, ...options]: readonly string[] = PLAIN) {
  const node = ['--input-type=module', '-e', `${PRELUDE}\n${script}`, file];
  return spawn(starter as string, [...options, ...node], { env: { ...process.env, NODE_OPTIONS: '' } });
}

/** Runs it to its end. */
async function run(script: string, starter?: readonly string[]) {
  const child = start(script, starter);
  const [out, remarks, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { out, remarks, end: signal ?? code };
}

const found = async (): Promise<readonly Pick<BanRecord, 'id'>[]> => stores.bans.list({ limit: 100 });

describe('stores in SQLite of a process that is killed', () => {
  it('have what was answered: a ban, its end, and that it is forgotten', async () => {
    expect(await run(`await bans.save([ban('b1')]); ${DIE}`)).toMatchObject({ remarks: '', end: 'SIGKILL' });
    expect(await stores.bans.findById('b1')).toMatchObject({ id: 'b1', liftedAt: null });
    expect((await run(`await bans.lift('b1', ${NOW}, 'ops'); ${DIE}`)).end).toBe('SIGKILL');
    expect(await stores.bans.findById('b1')).toMatchObject({ liftedAt: NOW, liftedBy: 'ops' });
    expect((await run(`await bans.forget('203.0.113.7/32'); ${DIE}`)).end).toBe('SIGKILL');
    expect(await found()).toEqual([]);
  });

  it('have nothing of what was under way, and go on', async () => {
    const many = `Array.from({ length: 50_000 }, (_, index) => ban('many' + index))`;
    const { end } = await run(`void bans.save(${many}); setTimeout(() => { ${DIE} }, 100);`);
    expect(end).toBe('SIGKILL');
    expect(await found()).toEqual([]);
    await run(`await bans.save([ban('b1')]);`);
    expect(await found()).toMatchObject([{ id: 'b1' }]);
  });
});

describe('stores in SQLite of several processes', () => {
  it('open a fresh file at once, and lose nothing', async () => {
    const script = `
      process.stdout.write('ready');
      await once(process.stdin, 'data');
      await Promise.all([1, 2, 3].map((index) => bans.save([ban(process.pid + ' ' + index)])));
      process.stdin.destroy();
    `;
    const children = Array.from({ length: 5 }, () => start(script));
    const remarks = Promise.all(children.map(({ stderr }) => text(stderr)));
    await Promise.all(children.map(nextFrom));
    const ends = Promise.all(children.map((child) => once(child, 'close')));
    for (const { stdin } of children) stdin.write('go');
    expect(await ends).toEqual(children.map(() => [0, null]));
    expect((await remarks).join('')).toBe('');
    expect(await found()).toHaveLength(15);
  });
});

describe('stores in a SQLite file that can only be read', () => {
  it('refuse changes, say why, and are read', async () => {
    await run(`await bans.save([ban('b1')]);`);
    await chmod(folder.path, 0o777);
    for (const name of await readdir(folder.path)) await chmod(join(folder.path, name), 0o666);
    await chmod(file, 0o444);
    // The superuser may write everywhere.
    const { out, remarks } = await run(`
      if (process.getuid() === 0) process.setuid(65534);
      const say = (error) => console.log(error.name + ': ' + error.message);
      console.log((await bans.findById('b1')).id);
      await bans.save([ban('b2')]).catch(say);
      await bans.lift('b1', ${NOW}, null).catch(say);
      console.log((await bans.list({ limit: 10 })).length);
    `);
    expect([remarks, ...out.trim().split('\n')]).toEqual([
      '',
      'b1',
      'StoreError: Could not save bans: the database can only be read',
      'StoreError: Could not lift a ban: the database can only be read',
      '1',
    ]);
  });
});

describe('stores in SQLite on a disk that is full', () => {
  it('refuse changes, say why, are read, and go on when there is room again', async () => {
    const { out, remarks } = await run(
      `
      import { rmSync, writeFileSync } from 'node:fs';
      import { dirname, join } from 'node:path';
      const say = (error) => console.log(error.name + ': ' + error.message);
      await bans.save([ban('b1')]);
      const filling = join(dirname(process.argv[1]), 'filling');
      try {
        writeFileSync(filling, Buffer.alloc(2 ** 21));
      } catch {}
      await bans.save(Array.from({ length: 1_000 }, (_, index) => ban('many' + index))).catch(say);
      await bans.lift('b1', ${NOW}, null).catch(say);
      console.log((await bans.list({ limit: 10 })).map(({ id, liftedAt }) => id + ' ' + liftedAt).join());
      rmSync(filling);
      await bans.lift('b1', ${NOW}, null);
      console.log((await bans.findById('b1')).liftedAt);
    `,
      [...ON_A_SMALL_DISK, folder.path],
    );
    expect([remarks, ...out.trim().split('\n')]).toEqual([
      '',
      'StoreError: Could not save bans: the disk is full',
      'StoreError: Could not lift a ban: the disk is full',
      'b1 null',
      `${NOW}`,
    ]);
  });
});
