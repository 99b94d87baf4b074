import { randomBytes } from 'node:crypto';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { portcullis as run } from '../support/command.js';
import { MadeKey, randomText } from '../support/made-key.js';
import { mistyped } from '../support/mistyped.js';
import { ScratchFolder } from '../support/scratch-repository.js';

/** Runs the built command, and calls what it says what it is: what was found. */
async function portcullis(folder: ScratchFolder, ...args: string[]) {
  return portcullisWith({}, folder, ...args);
}

async function portcullisWith(env: Record<string, string>, { path }: ScratchFolder, ...args: string[]) {
  const { lines, ...ended } = await run({ path, env }, ...args);
  return { ...ended, found: lines };
}

const key = new MadeKey();
const NOTHING = { code: 0, found: [] };

let folder: ScratchFolder;
beforeEach(async () => {
  folder = await ScratchFolder.make();
});
afterEach(() => folder.remove());

describe('a scan of files finds a key', () => {
  const filler = (bytes: number) => randomText(bytes);

  it.each<[string, () => string | Buffer, number]>([
    ['alone in a file', () => key.text, 1],
    ['in the third line', () => `a\nb\nkey: "${key.text}",\n`, 3],
    ['in a URL', () => `https://api.example/?key=${key.text}&a=b`, 1],
    ['in UTF-16', () => Buffer.from(`a\n${key.text}\n`, 'utf16le'), 2],
    ['glued to what is before it', () => `x${key.text}`, 1],
    [
      'between bytes that are no text',
      () => Buffer.concat([randomBytes(99), Buffer.from(`\n${key.text}`)]),
      0,
    ],
    ['at the begin of a large file', () => key.text + filler(2_000_000), 1],
    ['at the end of a large file', () => `${filler(2_000_000)}\n${key.text}`, 2],
    ['across the border of two reads', () => `${'.'.repeat(256 * 1024 - 40)}${key.text}`, 1],
    ['right after the border of two reads', () => `${'.'.repeat(256 * 1024)}${key.text}`, 1],
  ])('%s', async (_, content, line) => {
    await folder.write('notes.txt', content());
    const { code, found, remarks } = await portcullis(folder, 'scan', '.');
    expect(code).toBe(1);
    expect(found).toEqual([
      line === 0 ? expect.stringContaining(key.shown) : `notes.txt:${line}: ${key.shown}`,
    ]);
    expect(remarks).toContain('1 key in 1 place');
    expect(found.join() + remarks).not.toContain(key.secret);
  });

  it('of any service, or only of the one that is asked for', async () => {
    const other = new MadeKey('shop', 'test');
    await folder.write('keys', `${key.text}\n${other.text}\n`);
    expect((await portcullis(folder, 'scan', 'keys')).found).toHaveLength(2);
    expect(await portcullis(folder, 'scan', 'keys', '--prefix', 'shop')).toMatchObject({
      code: 1,
      found: [`keys:2: ${other.shown}`],
    });
    expect(await portcullis(folder, 'scan', 'keys', '--prefix', 'sho')).toMatchObject(NOTHING);
  });

  it('and refresh tokens of sessions, wherever a read ends in them', async () => {
    const [id, secret, mac] = [16, 32, 32].map((bytes) => randomBytes(bytes).toString('base64url'));
    const token = `ptc_rt_${id}.12.${secret}.${mac}`;
    await folder.write('notes.txt', `a\n${'.'.repeat(256 * 1024 - 90)}${token}\n${key.text}`);
    const { code, found, remarks } = await portcullis(folder, 'scan', '.');
    expect([code, found]).toEqual([1, [`notes.txt:2: ptc_rt_${id}.…`, `notes.txt:3: ${key.shown}`]]);
    expect(found.join() + remarks).not.toContain(secret);
    expect(await portcullis(folder, 'scan', '.', '--prefix', 'shop')).toMatchObject(NOTHING);
  });

  it('in the name of a file, and shows it nowhere', async () => {
    await folder.write(`${key.text}.txt`, 'nothing');
    const { code, found } = await portcullis(folder, 'scan', '.');
    expect(code).toBe(1);
    expect(found).toHaveLength(1);
    expect(found.join()).not.toContain(key.secret);
  });

  it('in a file with an odd name, which does not steer the terminal', async () => {
    await folder.write('odd\u001b[2J\nname', key.text);
    const { found } = await portcullis(folder, 'scan', '.');
    expect(found).toEqual([`"odd\\u001b[2J\\nname":1: ${key.shown}`]);
  });
});

describe('a scan of files finds nothing', () => {
  const wrongChecksum = mistyped(key.text);
  const lookalikes = () =>
    Array.from({ length: 20_000 }, () => `ptc_live_${randomText(16)}_${randomText(49)}`).join('\n');

  it.each<[string, () => string | Buffer]>([
    ['in 5 MB of letters and digits', () => randomText(5_000_000)],
    ['in 5 MB of hexadecimal', () => randomBytes(2_500_000).toString('hex')],
    ['in 5 MB of base64url, which has underscores', () => randomBytes(3_750_000).toString('base64url')],
    ['in 5 MB of random bytes', () => randomBytes(5_000_000)],
    ['in what has the form of keys, but no checksum', lookalikes],
    ['in a key with a typing error', () => wrongChecksum],
  ])('%s', async (_, content) => {
    await folder.write('noise', content());
    expect(await portcullis(folder, 'scan', '.')).toMatchObject(NOTHING);
  });

  it('behind symbolic links, even where they go in circles', async () => {
    await folder.write('outside/key', key.text);
    await folder.write('inside/nothing', '');
    await symlink('../outside', join(folder.path, 'inside/link'));
    await symlink('.', join(folder.path, 'inside/circle'));
    expect(await portcullis(folder, 'scan', 'inside')).toMatchObject(NOTHING);
    expect((await portcullis(folder, 'scan', 'inside/link')).code).toBe(1);
  });
});

describe('a scan of the history finds a key', () => {
  const found = expect.arrayContaining([expect.stringContaining(key.shown)]);

  it('in a file that is not there any more', async () => {
    await folder.commit('config/.env', `KEY=${key.text}`);
    const commit = (await folder.git('rev-parse', '--short=12', 'HEAD')).trim();
    await folder.git('rm', '--quiet', '-r', 'config');
    await folder.git('commit', '--quiet', '--message=Clean up');
    const ended = await portcullis(folder, 'scan', '.');
    expect(ended).toMatchObject({ code: 1, found: [`${commit} config/.env:1: ${key.shown}`] });
    expect(JSON.stringify(ended)).not.toContain(key.secret);
    expect(await portcullis(folder, 'scan', '.', '--no-history')).toMatchObject(NOTHING);
  });

  it('in a commit that was amended away', async () => {
    await folder.commit('.env', key.text);
    await folder.write('.env', 'nothing');
    await folder.git('commit', '--quiet', '--all', '--amend', '--message=Nothing happened');
    expect(await portcullis(folder, 'scan', '.')).toMatchObject({ code: 1, found });
  });

  it('on another branch, in a tag, and in the stash', async () => {
    const [onBranch, inTag, inStash] = [new MadeKey(), new MadeKey(), new MadeKey()];
    await folder.commit('readme', 'nothing');
    await folder.git('checkout', '--quiet', '-b', 'other');
    await folder.commit('key', onBranch.text);
    await folder.git('checkout', '--quiet', 'main');
    await folder.git('tag', '--annotate', '--message', `with ${inTag.text}`, 'v1');
    await folder.write('readme', inStash.text);
    await folder.git('stash', '--quiet');
    const ended = await portcullis(folder, 'scan', '.');
    for (const { shown } of [onBranch, inTag, inStash]) {
      expect(ended.found).toContainEqual(expect.stringContaining(shown));
    }
  });

  it('in the message of a commit', async () => {
    await folder.commit('readme', 'nothing', `Use ${key.text}`);
    const commit = (await folder.git('rev-parse', '--short=12', 'HEAD')).trim();
    expect((await portcullis(folder, 'scan', '.')).found).toEqual([
      expect.stringMatching(`^${commit} \\(commit\\):\\d+: ${key.shown}$`),
    ]);
  });

  it('from a folder within, and in a bare repository', async () => {
    await folder.commit('a/key', key.text);
    await folder.git('rm', '--quiet', 'a/key');
    await folder.commit('b/readme', 'nothing');
    expect(await portcullis(folder, 'scan', 'b')).toMatchObject({ code: 1, found });
    await folder.git('clone', '--quiet', '--bare', '.', 'bare.git');
    expect(await portcullis(folder, 'scan', 'bare.git')).toMatchObject({ code: 1, found });
  });

  it('whatever repository the environment points git to', async () => {
    await folder.commit('key', key.text);
    await folder.git('rm', '--quiet', 'key');
    const env = { GIT_DIR: '/nowhere', GIT_WORK_TREE: '/nowhere' };
    expect(await portcullisWith(env, folder, 'scan', '.')).toMatchObject({ code: 1, found });
  });

  it('unless there is none', async () => {
    await folder.git('init', '--quiet');
    expect(await portcullis(folder, 'scan', '.')).toMatchObject(NOTHING);
    await folder.commit('readme', 'nothing');
    expect(await portcullis(folder, 'scan', '.')).toMatchObject(NOTHING);
  });
});

describe('a command that makes no sense ends with 2 and says why:', () => {
  it.each<[string, string[], RegExp]>([
    ['nothing', [], /portcullis scan <paths/],
    ['another verb', ['skan'], /no verb skan/],
    ['nothing to scan', ['scan'], /portcullis scan <paths/],
    ['an option that there is not', ['scan', '.', '--recursive'], /--recursive/],
    ['a prefix that is none', ['scan', '.', '--prefix', '_'], /--prefix/],
    ['a path that there is not', ['scan', '.', 'nowhere'], /nowhere can't be found/],
  ])('%s', async (_, args, said) => {
    const { code, found, remarks } = await portcullis(folder, ...args);
    expect([code, found]).toEqual([2, []]);
    expect(remarks).toMatch(said);
  });

  it('no git to read the history with', async () => {
    await folder.write('readme', 'nothing');
    const env = { PATH: folder.path };
    const { code, remarks } = await portcullisWith(env, folder, 'scan', '.');
    expect(code).toBe(2);
    expect(remarks).toMatch(/git is not installed.*--no-history/);
    expect(await portcullisWith(env, folder, 'scan', '.', '--no-history')).toMatchObject(NOTHING);
  });

  it('a repository that git refuses to read', async () => {
    await folder.write('.git/HEAD', 'nonsense');
    const { code, remarks } = await portcullis(folder, 'scan', '.');
    expect(code).toBe(2);
    expect(remarks).toMatch(/history of \. can't be searched/);
  });
});

it('a file that can not be read is reported, and the scan goes on', async () => {
  await folder.write('readme', key.text);
  // Nobody can read it from its begin, root included.
  const unreadable = '/proc/self/mem';
  const args = ['--no-history', unreadable];
  expect(await portcullis(folder, 'scan', ...args)).toMatchObject({
    code: 2,
    remarks: expect.stringContaining(`${unreadable} can't be read (EIO)`),
  });
  expect(await portcullis(folder, 'scan', ...args, 'readme')).toMatchObject({ code: 1 });
});
