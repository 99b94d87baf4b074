import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sqlite } from '@portcullis/sql/sqlite';
import { emptyFolder, scriptOf } from '../support/pages.js';
import { program } from '../support/program.js';
import { commandsOf, withSeparators } from '../support/sample-process.js';

const script = await scriptOf('docs/guides/bans.md');
/** That npx finds the command is shown elsewhere: it takes longer than what the command does. */
const NPX = `npx() { shift; '${process.execPath}' '${program('portcullis')}' "$@"; }`;

it('the commands of the guide to bans do as its comments say', async () => {
  const { folder, remove } = await emptyFolder();
  const stores = sqlite({ file: join(folder, 'var/portcullis.db') }).open();
  try {
    await stores.bans.list({ limit: 1 });
    const { stdout } = await promisify(execFile)(
      'bash',
      ['-c', `exec 2>&1\n${NPX}\n${withSeparators(script)}`],
      {
        cwd: folder,
        env: { ...process.env, NODE_OPTIONS: '' },
      },
    );
    const answers = stdout.split('\u0001').map((answer) => answer.trim());
    const answerTo = (command: string) => {
      const index = commandsOf(script).findIndex((line) => line.includes(command));
      return index === -1 ? `no command ${command}` : answers[index];
    };
    expect(answerTo('bans list')).toBe('There are no such bans.');
    expect(answerTo('bans why')).toBe('Nothing is known of 203.0.113.7.');
    expect(answerTo('bans ban')).toMatch(/^Banned 203\.0\.113\.0\/24 until /);
    expect(answerTo('bans unban')).toMatch(/^Unbanned 203\.0\.113\.0\/24 /);
    expect(answerTo('bans forgive')).toBe('Forgave 203.0.113.0/24');
    expect(answerTo('bans import')).toBe('Imported 2, skipped 0');
    expect(answerTo('bans export')).toBe('');
    const file = await readFile(join(folder, 'bans.nft'), 'utf8');
    expect(file).toMatch(/\n\t\t\t192\.0\.2\.0-192\.0\.2\.255 timeout 86\d{3}s\n/);
    expect(file).not.toContain('198.51.100.7');
  } finally {
    await stores.close();
    await remove();
  }
}, 60_000);
