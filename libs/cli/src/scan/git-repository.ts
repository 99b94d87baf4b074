import { existsSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { textOf } from '../printable.js';
import { GitError, gitOutput } from './git.js';

/** A repository as it is met from some path in it. */
export interface GitRepository {
  /** Where git is run for it. */
  readonly folder: string;
  /** What its work trees have in common; tells repositories apart. */
  readonly commonFolder: string;
  /** Its history was cut off when it was cloned. */
  readonly isShallow: boolean;
}

/**
 * The repository that a file or folder is in: a work tree, a part of one, or a bare repository.
 *
 * @throws {GitError} when there is one that git refuses to read
 */
export async function repositoryOf(path: string): Promise<GitRepository | undefined> {
  const real = await realpath(path);
  const folder = (await stat(real)).isDirectory() ? real : dirname(real);
  const facts = await factsOf(folder);
  if (facts === undefined) return undefined;
  const [, commonFolder = '', isShallow] = /^(.*)\n(true|false)\n$/s.exec(facts) ?? [];
  return { folder, commonFolder: resolve(folder, commonFolder), isShallow: isShallow === 'true' };
}

async function factsOf(folder: string): Promise<string | undefined> {
  try {
    const output = await gitOutput(folder, 'rev-parse', '--git-common-dir', '--is-shallow-repository');
    return textOf(output);
  } catch (error) {
    const isNone = error instanceof GitError && error.message.includes('not a git repository (or any');
    // Git says the same of one that is damaged.
    if (isNone && !existsSync(join(folder, '.git'))) return undefined;
    throw error;
  }
}

/**
 * Where an object stands in a commit.
 *
 * @param likelyPath preferred where it stands in several places
 * @returns bytes, one character each; undefined if it is not in there
 */
export async function pathInCommit(
  repository: GitRepository,
  commit: string,
  objectId: string,
  likelyPath: string,
): Promise<string | undefined> {
  const listing = await gitOutput(repository.folder, 'ls-tree', '-r', '-t', '-z', '--full-tree', commit);
  const paths = listing
    .toString('latin1')
    .split('\0')
    .map((entry) => /^\d+ \w+ (\w+)\t(.*)$/s.exec(entry))
    .filter((match) => match?.[1] === objectId)
    .map((match) => match?.[2] ?? '');
  return paths.includes(likelyPath) ? likelyPath : paths[0];
}
