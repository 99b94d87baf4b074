import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { eventually } from '../support/eventually.js';

/** Says what it was asked for, and works until it may end. */
const APT_GET = `#!/bin/sh
cd "$(dirname "$0")"
echo "$@" >> asked
while [ "$3" = install ] && [ ! -e done ]; do sleep 0.02; done
`;
const PROGRAM = `
  import { install } from '${new URL('apt.js', import.meta.url)}';
  install(['redis-server', 'pgbouncer'], process.env.POLICY);
`;

describe('the packages that tests install', () => {
  let folder: string;
  let policy: string;
  let child: ChildProcess;
  /** What Debian's packages are answered. */
  const forbids = () => spawnSync('/bin/sh', [policy]).status === 101;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'portcullis-apt-'));
    policy = join(folder, 'policy-rc.d');
    writeFileSync(join(folder, 'apt-get'), APT_GET, { mode: 0o755 });
    writeFileSync(join(folder, 'dpkg'), '#!/bin/sh\n', { mode: 0o755 });
  });

  afterEach(() => {
    // What still runs sees it.
    writeFileSync(join(folder, 'done'), '');
    rmSync(folder, { recursive: true, force: true });
  });

  async function installing(): Promise<void> {
    child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
      env: { PATH: `${folder}${delimiter}${process.env.PATH}`, POLICY: policy },
      // A group of its own, as in a terminal.
      detached: true,
      stdio: 'ignore',
    });
    const asked = join(folder, 'asked');
    await eventually(() => existsSync(asked) && / install /.test(readFileSync(asked, 'utf8')));
  }

  it('start no service, and leave nothing behind', async () => {
    await installing();
    expect(forbids()).toBe(true);
    writeFileSync(join(folder, 'done'), '');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(existsSync(policy)).toBe(false);
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toMatch(/ redis-server pgbouncer\n$/);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leave nothing behind on %s', async (signal) => {
    await installing();
    process.kill(-(child.pid as number), signal);
    await eventually(() => !existsSync(policy));
  });

  it('leave nothing behind where Node alone is killed', async () => {
    await installing();
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(forbids()).toBe(true);
    writeFileSync(join(folder, 'done'), '');
    await eventually(() => !existsSync(policy));
  });

  it('start no service while apt-get lives, though all that asked for it are killed', async () => {
    await installing();
    const { stdout } = spawnSync('pgrep', ['-f', policy], { encoding: 'utf8' });
    for (const pid of [child.pid, ...stdout.split('\n').filter(Boolean)])
      process.kill(Number(pid), 'SIGKILL');
    await once(child, 'exit');
    expect(forbids()).toBe(true);
    writeFileSync(join(folder, 'done'), '');
    await eventually(() => !forbids());

    // The next run takes over what was left.
    rmSync(join(folder, 'done'));
    rmSync(join(folder, 'asked'));
    await installing();
    expect(forbids()).toBe(true);
    writeFileSync(join(folder, 'done'), '');
    await once(child, 'exit');
    expect(existsSync(policy)).toBe(false);
  });

  it('leave the policy as it is that the machine has', async () => {
    writeFileSync(policy, 'its own');
    await installing();
    process.kill(-(child.pid as number), 'SIGINT');
    await once(child, 'exit');
    expect(readFileSync(policy, 'utf8')).toBe('its own');
  });
});
