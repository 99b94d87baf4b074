import { constants, type Stats } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { reasonOf } from '../failure.js';
import { type Finding, fail, ok, warn } from '../finding.js';
import { networkFileSystemOf } from './network-file-systems.js';

const MEBIBYTE = 1024 * 1024;
/** Mebibytes. The log of changes alone may take 64 for a while. */
const LITTLE = 256;
const TOO_LITTLE = 16;

/** SQLite makes companions of the file, in its folder. */
export async function checkFolder(file: string): Promise<Finding> {
  const check = 'sqlite.folder';
  try {
    await access(dirname(file), constants.W_OK | constants.X_OK);
    return ok(check, 'the folder of the database can be written to');
  } catch (error) {
    const what = `the folder of the database can't be written to: ${reasonOf(error)}`;
    return fail(
      check,
      what,
      'give the folder to the user that the app runs as, on a disk that can be written to',
    );
  }
}

/** It holds hashes of keys, which nobody else has to see. */
export async function checkRights(file: string): Promise<Finding> {
  const check = 'sqlite.rights';
  const [{ mode }, folder] = await Promise.all([stat(file), stat(dirname(file))]);
  const advice = `chmod 600 the file and its companions (-wal, -shm), and chmod 700 the folder`;
  if (isOpen(mode, folder, 0o006, 0o001))
    return fail(
      check,
      'every user of this machine can read or change the database, which holds hashes',
      advice,
    );
  if (isOpen(mode, folder, 0o060, 0o010))
    return warn(check, 'the group of the file can read or change the database, which holds hashes', advice);
  return ok(check, 'the database is for its own user alone');
}

/** Where Windows keeps who may do what, there is none of this to see. */
function isOpen(mode: number, folder: Stats, rights: number, passage: number): boolean {
  return process.platform !== 'win32' && (mode & rights) !== 0 && (folder.mode & passage) !== 0;
}

export async function checkSpace(file: string): Promise<Finding> {
  const check = 'sqlite.space';
  const { bavail, bsize } = await statfs(dirname(file));
  const left = Math.floor((bavail * bsize) / MEBIBYTE);
  const what = `${left} MiB of disk are left for the database`;
  const advice = 'make room: when the disk is full, nothing can be revoked or banned any more';
  if (left < TOO_LITTLE) return fail(check, what, advice);
  return left < LITTLE ? warn(check, what, advice) : ok(check, what);
}

export async function checkDrive(file: string): Promise<Finding> {
  const check = 'sqlite.drive';
  const drive =
    process.platform === 'linux' ? networkFileSystemOf((await statfs(dirname(file))).type) : undefined;
  if (drive === undefined) return ok(check, 'the database is on no network drive that can be seen');
  return fail(
    check,
    `the database is on a network drive (${drive}), whose locks SQLite can't rely on`,
    'move it to a disk of this machine, or use PostgreSQL',
  );
}
