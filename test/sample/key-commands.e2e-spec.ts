import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { emptyFolder, repository, scriptOf } from '../support/pages.js';
import { platforms } from '../support/platforms.js';
import { commandsOf, screenOf, start, withSeparators } from '../support/sample-process.js';

const script = await scriptOf('docs/guides/api-keys.md');

describe.each(platforms)('the life of a key, as its guide has it, on %s', (adapter) => {
  it('goes as its comments say', async () => {
    const child = start({ ADAPTER: adapter });
    const { folder, remove } = await emptyFolder();
    try {
      const screen = await screenOf(child);
      const url = /http:\S+/.exec(screen)?.[0] as string;
      const admin = commandsOf(screen).filter((line) => /^(login\(\)|ADMIN=)/.test(line));
      const setUp = [`cd ${repository}`, ...admin, `cd ${folder}`].join('\n');
      const commands = withSeparators(script.replace(/^URL=.*$/m, `URL=${url}`));
      const { stdout } = await promisify(execFile)('bash', ['-c', `exec 2>&1\n${setUp}\n${commands}`], {
        cwd: folder,
        // What isn't installed must not be looked for elsewhere.
        env: { ...process.env, npm_config_offline: 'true' },
      });
      const answers = stdout.split('\u0001').map((answer) => answer.trim());
      const answerTo = (command: string) => {
        const index = commandsOf(script).findIndex((line) => line.includes(command));
        return index === -1 ? `no command ${command}` : answers[index];
      };
      expect(answerTo('curl -i')).toMatch(/201[\s\S]*ratelimit: "app";r=9;t=60[\s\S]*"depot":"shop"/i);
      expect(answerTo('state=active')).toMatch(/^{"keys":\[{"appId":"shop".*"name":"Scanners"/);
      expect(answerTo('state=active')).not.toContain('hash');
      expect([answerTo('disable'), answerTo('enable')]).toEqual(['', '']);
      expect(answerTo('rotate')).toMatch(/"key":"parcel_live_/);
      expect(answerTo('scan .')).toContain('0 keys');
      expect(answerTo('on+a+screenshot')).toBe('');
      expect(answerTo('contract+ended')).toBe('{"revoked":1}');
    } finally {
      child.kill('SIGTERM');
      await once(child, 'exit');
      await remove();
    }
  }, 60_000);
});
