import { readdir, readFile, stat, symlink } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type Ban, type BanRecord, BanService, PortcullisModule, parseBanList } from '@portcullis/auth';
import type { SqlStores } from '@portcullis/sql';
import { sqlite } from '@portcullis/sql/sqlite';
import { portcullis } from '../support/command.js';
import { MadeKey } from '../support/made-key.js';
import { boot } from '../support/platforms.js';
import { ScratchFolder } from '../support/scratch-repository.js';

// Each command is a process of its own.
jest.setTimeout(60_000);

const NOW = Date.now();
const HOUR = 3_600_000;
const ACTOR = `cli:${userInfo().username}`;
const ID = /[0-9a-f-]{36}/;
/** Whatever this machine's environment names. */
const ALONE = { DATABASE_URL: '', REDIS_URL: '' };

let folder: ScratchFolder;
let stores: SqlStores;
beforeEach(async () => {
  folder = await ScratchFolder.make();
  stores = sqlite({ file: join(folder.path, 'store.db') }).open();
  await stores.bans.list({ limit: 1 });
});
afterEach(async () => {
  await stores.close();
  await folder.remove();
});

const bans = (...args: string[]) => bansFrom('', ...args);
const bansFrom = (input: string, ...args: string[]) =>
  portcullis({ path: folder.path, env: { ...ALONE, PORTCULLIS_STORE: 'store.db' }, input }, 'bans', ...args);
const kept = () => stores.bans.list({ limit: 10_000 });
const record = (id: string, network: string, more: Partial<BanRecord> = {}): BanRecord => ({
  ...{ id, network, reason: 'many misses', rule: 'path-probing', actor: null, offence: 2, shadow: false },
  ...{ createdAt: NOW, expiresAt: NOW + HOUR, liftedAt: null, liftedBy: null, strikes: [] },
  ...more,
});

describe('the audit log of a store', () => {
  it('has what was done by command, and by whom', async () => {
    await bans('ban', '203.0.113.7', '--reason', 'scanners');
    await bans('unban', '203.0.113.7', '--reason', 'our office');
    await bans('ban', '203.0.113.8', '--reason', 'scanners');
    await bans('forgive', '203.0.113.8', '--reason', 'a mistake');
    await bans('clear', '--yes', '--reason', 'a fresh start');
    const entries = await stores.audit.list({ limit: 10 });
    expect(entries.map(({ type, actor, facts }) => [type, actor, facts.reason])).toEqual([
      ['bans.cleared', ACTOR, 'a fresh start'],
      ['address.unbanned', ACTOR, 'a mistake'],
      ['address.banned', ACTOR, undefined],
      ['address.unbanned', ACTOR, 'our office'],
      ['address.banned', ACTOR, undefined],
    ]);
  });
});

describe('the bans of a store', () => {
  it('are made, listed, explained, lifted, forgiven and cleared', async () => {
    const made = await bans('ban', '203.0.113.7/24', '--reason', 'scanners', '--seconds', '3600');
    expect(made).toEqual({
      code: 0,
      lines: [expect.stringMatching(/^Banned 203\.0\.113\.0\/24 until \S+Z \(.{36}\)$/)],
      remarks: '',
    });
    const [ban] = (await kept()) as [Ban];
    expect(ban).toMatchObject({ network: '203.0.113.0/24', reason: 'scanners', rule: null, actor: ACTOR });
    expect(ban.expiresAt - ban.createdAt).toBe(HOUR);

    const { lines } = await bans('list');
    expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
      ['NETWORK', 'UNTIL', 'OFFENCE', 'STATE', 'BY', 'REASON'],
      ['203.0.113.0/24', expect.any(String), '1', 'active', ACTOR, 'scanners'],
    ]);
    expect((await bans('why', '203.0.113.9')).lines.join('\n')).toMatch(
      /\(active\): scanners[\s\S]*offence 1/,
    );

    expect(await bans('unban', ban.id)).toMatchObject({ code: 0, lines: [expect.stringMatching(ID)] });
    expect(await bans('unban', ban.id)).toMatchObject({ code: 2, lines: [] });
    expect(await stores.bans.findById(ban.id)).toMatchObject({ liftedBy: ACTOR });
    expect(await bans('list')).toMatchObject({ code: 0, lines: [], remarks: 'There are no such bans.\n' });
    expect((await bans('list', '--all')).lines[1]).toMatch(/ lifted .*scanners/);

    expect(await bans('forgive', '203.0.113.0/24')).toMatchObject({ code: 0 });
    expect(await bans('forgive', '203.0.113.0/24')).toMatchObject({ code: 2 });
    expect(await kept()).toEqual([]);
    await stores.bans.save([record('a', '203.0.113.1/32'), record('b', '203.0.113.2/32')]);
    expect(await bans('clear')).toMatchObject({ code: 2, remarks: expect.stringContaining('--yes') });
    expect(await kept()).toHaveLength(2);
    expect(await bans('clear', '--yes')).toMatchObject({ code: 0, lines: ['Cleared all bans (2)'] });
    expect(await kept()).toEqual([]);
  });

  it('are filtered, with shadows marked, as a table and as JSON', async () => {
    await stores.bans.save([
      record('a', '203.0.113.1/32', { shadow: true }),
      record('b', '203.0.113.0/24', { rule: 'honeypot' }),
      record('c', '203.0.113.9/32', { expiresAt: NOW - 1 }),
    ]);
    const idsOf = async (...args: string[]) =>
      (await bans('list', '--json', ...args)).lines.map((line) => JSON.parse(line).id).sort();
    expect(await idsOf()).toEqual(['a', 'b']);
    expect(await idsOf('--all')).toEqual(['a', 'b', 'c']);
    expect(await idsOf('--rule', 'honeypot')).toEqual(['b']);
    expect(await idsOf('--target', '203.0.113.1')).toEqual(['a', 'b']);
    expect(await idsOf('--target', '203.0.113.2')).toEqual(['b']);
    expect((await bans('list')).lines.find((line) => line.includes('203.0.113.1/32'))).toMatch(/ shadow /);
  });

  it('are listed whole, however many there are', async () => {
    await stores.bans.save(
      Array.from({ length: 2_500 }, (_, index) =>
        record(`b${index}`, `198.18.${index >> 8}.${index & 255}/32`),
      ),
    );
    expect((await bans('list')).lines).toHaveLength(2_501);
  });

  it('by a network are lifted all, and who bans an address is shown', async () => {
    await stores.bans.save([
      record('a', '203.0.113.0/24'),
      record('b', '203.0.113.0/24', { expiresAt: NOW + 2 * HOUR }),
      record('c', '203.0.113.7/32', { expiresAt: NOW - 1 }),
    ]);
    expect(await bans('unban', '203.0.113.7')).toMatchObject({
      code: 2,
      remarks: expect.stringContaining('banned by the ban of 203.0.113.0/24 (a)'),
    });
    expect(await bans('unban', '203.0.113.200/24')).toMatchObject({
      code: 0,
      lines: [expect.any(String), expect.any(String)],
    });
    expect((await bans('list')).lines).toEqual([]);
  });

  it('do not steer the terminal', async () => {
    const strike = {
      ...{ rule: 'r\u001b[1m', points: 5, at: NOW, address: '203.0.113.7', requestId: 'r' },
      ...{ method: 'GET', path: '/\u009b2J\u202e\u007f', status: 404 },
    };
    const odd = { reason: 'a\u001b[2J\nb\u2028c', rule: 'x\u0007', strikes: [strike] };
    await stores.bans.save([record('i\u001bd', '203.0.113.7/32', odd)]);
    for (const args of [
      ['list'],
      ['list', '--json'],
      ['why', '203.0.113.7'],
      ['why', '203.0.113.7', '--json'],
    ]) {
      const { lines, remarks } = await bans(...args);
      expect(lines.join('\n')).toContain('a\\u001b[2J\\nb\\u2028c');
      expect(lines.join('') + remarks).toMatch(/^[\x20-\x7e]+$/);
    }
    const [json = ''] = (await bans('why', '203.0.113.7', '--json')).lines;
    expect(JSON.parse(json)).toMatchObject({ ...odd, id: 'i\u001bd' });
    expect((await bans('why', '203.0.113.7')).lines.at(-1)).toMatch(/ GET "\/\\u009b2J.* 404: 5 points by /);
    expect((await bans('unban', '203.0.113.7')).lines.join('')).toMatch(/^[\x20-\x7e]+$/);
  });

  it('are not forgotten as the command has no say in that', async () => {
    await stores.bans.save([record('a', '203.0.113.1/32', { expiresAt: NOW - 100 * 24 * HOUR })]);
    await bans('ban', '203.0.113.2', '--reason', 'x');
    expect((await kept()).map(({ network }) => network).sort()).toEqual(['203.0.113.1/32', '203.0.113.2/32']);
  });
});

describe('lists', () => {
  const LIST = '198.51.100.7 # a scanner\nnonsense\n192.0.2.0/24\n';

  it('are imported from a file and from standard input, once', async () => {
    await folder.write('list.txt', LIST);
    const args = ['--reason', 'a list', '--seconds', '3600'];
    const remarks = 'line 2: neither an address nor a network: "nonsense"\n';
    expect(await bans('import', 'list.txt', ...args)).toEqual({
      code: 0,
      lines: ['Imported 2, skipped 0'],
      remarks,
    });
    const before = await kept();
    expect(new Set(before.map(({ network, reason, actor }) => `${network} ${reason} ${actor}`))).toEqual(
      new Set([`198.51.100.7/32 a scanner ${ACTOR}`, `192.0.2.0/24 a list ${ACTOR}`]),
    );
    expect(await bansFrom(LIST, 'import', '-', ...args)).toMatchObject({ code: 0, remarks });
    expect((await kept()).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect((await bansFrom(LIST, 'import', '-', '--reason', 'a list')).lines).toEqual([
      'Imported 0, skipped 2',
    ]);
  });

  it('of which nothing can be read end with 2', async () => {
    expect(await bansFrom('nonsense\n'.repeat(102), 'import', '-', '--reason', 'x')).toMatchObject({
      code: 2,
      lines: ['Imported 0, skipped 0'],
      remarks: expect.stringMatching(/^line 1: [\s\S]*\nand 2 more\n$/),
    });
    expect(await bansFrom('[]', 'import', '-', '--format', 'crowdsec', '--reason', 'x')).toMatchObject({
      code: 0,
    });
  });

  it.each(['plain', 'drop', 'crowdsec'] as const)('are exported, to be read again, as %s', async (format) => {
    const key = new MadeKey();
    await stores.bans.save([
      record('a', '203.0.113.7/32', { reason: `\u001b[2J\u202e\n192.0.2.1 # has sent ${key.text}` }),
      record('b', '2001:db8::/64'),
      record('c', '203.0.113.8/32', { shadow: true }),
      record('d', '198.51.100.7/32'),
    ]);
    const { code, lines } = await bans('export', '--format', format, '--allowed', '198.51.100.0/24');
    const { networks, problems } = parseBanList(lines.join('\n'), format, NOW);
    expect([code, problems]).toEqual([0, []]);
    expect(lines.join('\n')).not.toMatch(/[^\n\x20-\x7e…]/);
    expect(lines.join('\n')).not.toContain(key.secret);
    expect(lines.join('\n')).toContain(key.shown);
    expect(networks.map(({ network }) => network).sort()).toEqual(['2001:db8::/64', '203.0.113.7/32']);
  });

  it('are exported into a file that is replaced as a whole', async () => {
    await stores.bans.save([record('a', '203.0.113.7/32')]);
    await folder.write('rules/bans.nft', 'old');
    await symlink('rules/bans.nft', join(folder.path, 'link.nft'));
    const file = join(folder.path, 'rules/bans.nft');
    const { ino: before } = await stat(file);
    expect(await bans('export', '--format', 'nftables', '--output', 'link.nft')).toEqual({
      code: 0,
      lines: [],
      remarks: '',
    });
    expect(await readFile(file, 'utf8')).toMatch(
      /^add table inet portcullis[\s\S]*203\.0\.113\.7[\s\S]*}\n$/,
    );
    expect((await stat(file)).ino).not.toBe(before);
    expect(await bans('export', '--format', 'ipset', '--output', 'new.ipset')).toMatchObject({ code: 0 });
    expect(await readdir(join(folder.path, 'rules'))).toEqual(['bans.nft']);
  });

  it('leave nothing behind where they can not be exported', async () => {
    for (const output of ['.', 'nowhere/bans.nft'])
      expect(await bans('export', '--format', 'nftables', '--output', output)).toMatchObject({
        code: 2,
        lines: [],
      });
    expect((await readdir(folder.path)).filter((name) => !name.startsWith('store.db'))).toEqual([]);
  });
});

it('works while an app has the file open, which learns of it when it starts again', async () => {
  const options = () => ({
    imports: [PortcullisModule.forRoot({ stores: { bans: stores.bans }, trustedProxies: ['127.0.0.1'] })],
  });
  const statusIn = async (url: string) =>
    (await fetch(url, { headers: { 'x-forwarded-for': '203.0.113.7' } })).status;
  const first = await boot('express', options());
  await first.app.get(BanService).ban('198.51.100.1', { reason: 'by the app' });
  expect((await bans('list')).lines).toHaveLength(2);
  expect(await bans('ban', '203.0.113.0/24', '--reason', 'x')).toMatchObject({ code: 0 });
  expect((await first.app.get(BanService).list()).bans).toHaveLength(2);
  expect(await statusIn(first.url)).toBe(404);
  await first.app.close();

  const second = await boot('fastify', options());
  expect(await statusIn(second.url)).toBe(403);
  await second.app.close();
});

describe('a command that makes no sense ends with 2 and says why:', () => {
  it.each<[string, string[], RegExp]>([
    ['nothing to do', [], /^portcullis bans list/],
    ['something unknown', ['dance'], /nothing to do called dance\.\nportcullis bans/],
    ['an option that there is not', ['list', '--network', 'x'], /--network[\s\S]*portcullis bans/],
    ['an argument too many', ['list', 'x'], /too many/],
    ['no network', ['ban', '--reason', 'x'], /is missing: the network[\s\S]*portcullis bans/],
    ['a network that is none', ['ban', 'example.com', '--reason', 'x'], /^The target of a ban/],
    ['no reason', ['ban', '203.0.113.7'], /--reason <text>[\s\S]*portcullis bans/],
    ['no time', ['ban', '203.0.113.7', '--reason', 'x', '--seconds', '1e3'], /--seconds must be/],
    ['neither an id nor a network', ['unban', 'mine'], /^mine is neither/],
    ['an unknown format', ['export', '--format', 'csv'], /--format must be one of plain, drop/],
    [
      'a format for exports',
      ['import', '-', '--format', 'ipset', '--reason', 'x'],
      /--format must be one of/,
    ],
    ['a file that there is not', ['import', 'nowhere', '--reason', 'x'], /ENOENT.*nowhere/],
  ])('%s', async (_, args, said) => {
    expect(await bans(...args)).toEqual({ code: 2, lines: [], remarks: expect.stringMatching(said) });
    expect(await kept()).toEqual([]);
  });

  it('no store, one that there is not, and one that is none', async () => {
    const { path } = folder;
    await folder.write('text', 'no database, but a text that is long enough to be one'.repeat(99));
    const remarksOf = async (store: string, ...args: string[]) => {
      const { code, remarks } = await portcullis(
        { path, env: { ...ALONE, PORTCULLIS_STORE: store } },
        'bans',
        'list',
        ...args,
      );
      expect(code).toBe(2);
      return remarks;
    };
    expect(await remarksOf('')).toMatch(
      /--store <file>, DATABASE_URL or PORTCULLIS_STORE[\s\S]*portcullis bans/,
    );
    expect(await remarksOf('stroe.db')).toBe('There is no store stroe.db\n');
    expect(await remarksOf('store.db', '--store', 'var/stroe.db')).toBe('There is no store var/stroe.db\n');
    expect(await remarksOf('.')).toBe('. is not a file\n');
    expect(await remarksOf('text')).toMatch(/the file is not a database/);
    expect((await readdir(path)).filter((name) => name.includes('stroe') || name === 'var')).toEqual([]);
  });
});
