import { stat } from 'node:fs/promises';
import { argumentsOf } from '../arguments.js';
import { EXIT, type ExitCode, type Output } from '../output.js';
import { printable } from '../printable.js';
import { UsageError, type Verb } from '../verb.js';
import { FileSearch } from './file-search.js';
import { GitError, gitOutput } from './git.js';
import { searchHistory } from './git-history.js';
import { type GitRepository, repositoryOf } from './git-repository.js';
import { ScanReport } from './scan-report.js';

const USAGE = `portcullis scan <paths...> [--prefix <name>] [--no-history]

Finds API keys and refresh tokens in files and folders, and in the whole git history of the repositories that they are in.

  --prefix <name>  only keys of this service (the option apiKeys.prefix); of any by default
  --no-history     only files

Ends with 1 when keys were found, with 0 when none, with 2 when something could not be searched.`;

interface ScanOptions {
  readonly paths: readonly string[];
  readonly prefix: string | undefined;
  readonly withHistory: boolean;
}

export const scan: Verb = {
  usage: USAGE,
  async run(args: readonly string[], output: Output): Promise<ExitCode> {
    const { paths, prefix, withHistory } = optionsFrom(args);
    const obstacle = (await missingAmong(paths)) ?? (withHistory ? await withoutGit() : undefined);
    if (obstacle !== undefined) {
      output.remark(obstacle);
      return EXIT.trouble;
    }
    const report = new ScanReport(output);
    const files = new FileSearch(report, prefix);
    for (const path of paths) await files.search(path);
    if (withHistory) await searchHistories(paths, prefix, report);
    return report.finish();
  },
};

function optionsFrom(args: readonly string[]): ScanOptions {
  const { values, positionals } = argumentsOf(args, {
    prefix: { type: 'string' },
    'no-history': { type: 'boolean' },
  });
  if (positionals.length === 0) throw new UsageError();
  if (values.prefix !== undefined && !/^[A-Za-z0-9]{1,16}$/.test(values.prefix)) {
    throw new UsageError('--prefix must be 1 to 16 letters and digits.');
  }
  return { paths: positionals, prefix: values.prefix, withHistory: !values['no-history'] };
}

async function missingAmong(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    try {
      await stat(path);
    } catch (error) {
      return `${printable(path)} can't be found (${(error as NodeJS.ErrnoException).code})`;
    }
  }
  return undefined;
}

async function withoutGit(): Promise<string | undefined> {
  try {
    await gitOutput('.', 'version');
    return undefined;
  } catch (error) {
    return `${printable((error as Error).message)}. With --no-history, only files are searched.`;
  }
}

async function searchHistories(
  paths: readonly string[],
  prefix: string | undefined,
  report: ScanReport,
): Promise<void> {
  const searched = new Set<string>();
  for (const path of paths) {
    try {
      const repository = await repositoryOf(path);
      if (repository === undefined || searched.has(repository.commonFolder)) continue;
      searched.add(repository.commonFolder);
      noteIfShallow(repository, report);
      await searchHistory(repository, report, prefix);
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      report.trouble(`The history of ${printable(path)} can't be searched: ${printable(error.message)}`);
    }
  }
}

function noteIfShallow({ isShallow, folder }: GitRepository, report: ScanReport): void {
  if (isShallow) report.note(`${printable(folder)} is a shallow clone: older history is not in it`);
}
