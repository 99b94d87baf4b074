import { once } from 'node:events';
import { chmod, readdir, readFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Client, createClient } from '@libsql/client';
import { TABLES_VERSION } from '@portcullis/sql';
import { sqlite } from '@portcullis/sql/sqlite';
import { portcullis } from '../support/command.js';
import { complaints, doctor, UNSET } from '../support/doctor.js';
import { ScratchFolder } from '../support/scratch-repository.js';

let folder: ScratchFolder;
let file: string;
beforeEach(async () => {
  folder = await ScratchFolder.make();
  file = join(folder.path, 'portcullis.db');
  const stores = sqlite({ file }).open();
  await stores.bans.list({ limit: 1 });
  await stores.close();
});
afterEach(() => folder.remove());

async function withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = createClient({ url: pathToFileURL(file).href });
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/** Starts a command with a copy of the file on a disk of its own, at the folder of the file, which nobody else sees. */
const onDisk = (options: string, then = 'true') => [
  ...['unshare', '--map-root-user', '--mount', 'sh', '-c'],
  `cp "$0/portcullis.db" "$0.copy" && mount -t tmpfs -o ${options} none "$0" && mv "$0.copy" "$0/portcullis.db" && ${then} && exec "$@"`,
  folder.path,
];

describe('portcullis doctor', () => {
  it('says that there is nothing to check', async () => {
    const { code, lines, remarks } = await portcullis({ path: folder.path, env: UNSET }, 'doctor');
    expect([code, lines]).toEqual([2, []]);
    expect(remarks).toMatch(/^There is nothing to check: /);
  });

  it('says in lines what is well and what is not, with what to do', async () => {
    const env = { ...UNSET, DATA: folder.path, ISSUER: 'http://api.example' };
    const { code, lines, remarks } = await portcullis({ path: folder.path, env }, 'doctor');
    expect([code, remarks]).toEqual([1, '']);
    expect(lines.at(-1)).toMatch(/^FAIL {2}ISSUER is plain http {2}— use https: /);
    for (const line of lines.slice(0, -1)) expect(line).toMatch(/^ok {4}\w/);
    expect(lines).toHaveLength(8);
  });

  it('reports in a moment who never answers, and then lets go', async () => {
    const sockets: Socket[] = [];
    const kept: Promise<number>[] = [];
    const silent = createServer((socket) => {
      const since = performance.now();
      sockets.push(socket.on('error', () => {}).resume());
      kept.push(once(socket, 'close').then(() => performance.now() - since));
    }).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const examined = await doctor({
      DATABASE_URL: `postgres://tester:hunter2@127.0.0.1:${port}/app`,
      REDIS_URL: `redis://:hunter2@127.0.0.1:${port}`,
    });
    for (const socket of sockets) socket.destroy();
    silent.close();
    expect(examined.found).toEqual({
      'postgresql.reachable': `FAIL PostgreSQL at 127.0.0.1:${port} does not answer within 3 seconds`,
      'redis.reachable': `FAIL Redis at 127.0.0.1:${port} does not answer within 3 seconds`,
    });
    expect(examined.code).toBe(1);
    expect(examined.text).not.toContain('hunter2');
    for (const milliseconds of await Promise.all(kept)) expect(milliseconds).toBeLessThan(10_000);
    expect(kept).toHaveLength(2);
  });

  it.each([
    ['a port where nobody listens', 'postgres://tester:hunter2@127.0.0.1:1/app', 'nobody listens there'],
    ['a password that is not encoded', 'postgres://tester:12/hunter2@127.0.0.1/app', 'an @ behind its host'],
    ['no URL', 'tester:hunter2@127.0.0.1', 'not a URL'],
  ])('reports %s without showing a secret', async (_, url, reason) => {
    const REDIS_URL = url.replace('postgres:', 'redis:');
    const examined = await doctor({ DATABASE_URL: url, REDIS_URL });
    expect(Object.values(examined.found)).toEqual([
      expect.stringContaining(reason),
      expect.stringContaining(reason),
    ]);
    expect(examined.code).toBe(1);
    expect(examined.text).not.toMatch(/hunter2|tester/);
  });

  it('reports all settings that are wrong, and shows no key', async () => {
    const key = Buffer.from('a secret that is too short').toString('base64');
    const examined = await doctor({
      KEY_ENCRYPTION_KEY: key,
      ISSUER: 'https://ann:hunter2@api.example',
      TRUSTED_PROXIES: '10.0.0.0/8,0.0.0.0/0',
    });
    expect(complaints(examined)).toEqual({
      key_encryption_key: 'FAIL',
      issuer: 'FAIL',
      trusted_proxies: 'FAIL',
    });
    expect(examined.text).not.toMatch(/hunter2/);
    expect(examined.text).not.toContain(key);
  });
});

describe('portcullis doctor on a SQLite file', () => {
  it('has nothing to say of one that is as it should be, and leaves nothing behind', async () => {
    // Alone, without companions that this process may still have open.
    const bytes = await readFile(file);
    await folder.write('copy/portcullis.db', bytes);
    const copy = join(folder.path, 'copy');
    await chmod(join(copy, 'portcullis.db'), 0o600);
    // A process of its own, so that nothing is open any more when it has ended.
    const examined = await doctor({}, { args: ['--file', join(copy, 'portcullis.db')], starter: [] });
    expect(complaints(examined)).toEqual({});
    expect(examined.code).toBe(0);
    expect(await readdir(copy)).toEqual(['portcullis.db']);
    expect(await readFile(join(copy, 'portcullis.db'))).toEqual(bytes);
  });

  it('reports tables of another version, or none', async () => {
    await withClient((client) =>
      client.execute(`INSERT INTO portcullis_migrations VALUES (${TABLES_VERSION + 1}, 0)`),
    );
    expect(complaints(await doctor({ DATA: folder.path }))).toEqual({ 'sqlite.tables': 'FAIL' });
    await withClient((client) =>
      client.execute(`DELETE FROM portcullis_migrations WHERE version >= ${TABLES_VERSION}`),
    );
    expect(complaints(await doctor({ DATA: folder.path }))).toEqual({ 'sqlite.tables': 'warn' });
    await withClient((client) => client.execute('DROP TABLE portcullis_migrations'));
    const none = await doctor({ DATA: folder.path });
    expect(none.found['sqlite.tables']).toBe('warn there are no tables of Portcullis yet');
  });

  it('reports who else can read it, unless they can not come to it', async () => {
    await chmod(file, 0o644);
    expect(complaints(await doctor({ DATA: folder.path }))).toEqual({});
    await chmod(folder.path, 0o755);
    expect(complaints(await doctor({ DATA: folder.path }))).toEqual({ 'sqlite.rights': 'FAIL' });
    await chmod(file, 0o640);
    expect(complaints(await doctor({ DATA: folder.path }))).toEqual({ 'sqlite.rights': 'warn' });
  });

  it('reports one that is missing, and makes none', async () => {
    const examined = await doctor({ DATA: join(folder.path, 'typo') });
    expect(complaints(examined)).toEqual({ 'sqlite.reachable': 'FAIL' });
    expect(examined.code).toBe(1);
    expect(await readdir(folder.path)).not.toContain('typo');
  });

  it('reports one that is no database', async () => {
    await folder.write('portcullis.db', 'x'.repeat(5_000));
    const { found } = await doctor({ DATA: folder.path });
    expect(found['sqlite.reachable']).toMatch(/^FAIL .* the file is not a database$/);
  });

  it('reports that somebody holds it', async () => {
    await withClient(async (client) => {
      const transaction = await client.transaction('write');
      const { found } = await doctor({ DATA: folder.path });
      transaction.close();
      expect(found['sqlite.writing']).toMatch(/^FAIL .* somebody else has been changing it for too long$/);
    });
  });

  it('reports a disk that can only be read', async () => {
    const starter = onDisk('size=1g', 'mount -o remount,ro "$0"');
    const examined = await doctor({ DATA: folder.path }, { starter });
    expect(complaints(examined)).toMatchObject({ 'sqlite.folder': 'FAIL' });
    expect(examined.code).toBe(1);
  });

  it('reports a disk that is nearly full', async () => {
    const full = await doctor({ DATA: folder.path }, { starter: onDisk('size=1m,mode=700') });
    expect(complaints(full)).toEqual({ 'sqlite.space': 'FAIL' });
    const nearly = await doctor({ DATA: folder.path }, { starter: onDisk('size=100m,mode=700') });
    expect(complaints(nearly)).toEqual({ 'sqlite.space': 'warn' });
  });
});
