import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Who runs PostgreSQL, which refuses to run as the superuser; undefined: whoever runs the tests. */
export function postgresUser() {
  if (process.getuid?.() !== 0) return undefined;
  /** @param {string} option */
  const idOf = (option) => Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

/**
 * What every PostgreSQL of a test begins with, made once: a user whose password is `hunter2`, and texts ordered as in a dictionary. A copy
 * takes a third of the time, and less with a log of small files.
 *
 * @param {string} programs the folder of PostgreSQL's programs
 * @returns its folder, which nobody else removes
 */
export function makeCluster(programs) {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-cluster-'));
  const user = postgresUser();
  const password = `${folder}.password`;
  writeFileSync(password, 'hunter2');
  if (user) for (const path of [folder, password]) chownSync(path, user.uid, user.gid);
  const options = ['--no-sync', '--username=tester', '--auth=scram-sha-256', `--pwfile=${password}`];
  const texts = ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en'];
  try {
    execFileSync(join(programs, 'initdb'), ['-D', folder, ...options, ...texts, '--wal-segsize=1'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...user,
    });
  } finally {
    rmSync(password);
  }
  return folder;
}
