import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Client, createClient } from '@libsql/client';
import type { Examination } from '../examination.js';
import { reasonOf } from '../failure.js';
import { type Finding, fail, ok } from '../finding.js';
import { checkDrive, checkFolder, checkRights, checkSpace } from './file-checks.js';
import { checkTables, checkWriting } from './table-checks.js';

const FILE_CHECKS = [checkFolder, checkRights, checkDrive, checkSpace];

/** All that can be wrong with a SQLite file that keeps keys, bans and revocations. It is never made. */
export function sqliteExamination(path: string): Examination {
  const file = resolve(path);
  let client: Client | undefined;
  return {
    service: 'SQLite',
    place: file,
    async *findings() {
      const missing = await missingFile(file);
      if (missing !== undefined) return yield missing;
      for (const check of FILE_CHECKS) yield await check(file);
      try {
        client = createClient({ url: pathToFileURL(file).href, concurrency: 1 });
        yield await checkTables(client);
      } catch (error) {
        return yield unusable(file, error);
      }
      yield ok('sqlite.reachable', `the database ${file} can be opened`);
      yield await checkWriting(client);
    },
    close: () => client?.close(),
  };
}

async function missingFile(file: string): Promise<Finding | undefined> {
  try {
    if ((await stat(file)).isFile()) return undefined;
    return fail('sqlite.reachable', `${file} is not a file`, 'name the file of the database');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') return unusable(file, error);
    const advice = 'the first start of the app makes it; if there should be one, the path is wrong';
    return fail('sqlite.reachable', `there is no database ${file}`, advice);
  }
}

function unusable(file: string, error: unknown): Finding {
  const advice =
    'see whether this is the file of @portcullis/sql, and bring back a backup where it is damaged';
  return fail('sqlite.reachable', `the database ${file} can't be used: ${reasonOf(error)}`, advice);
}
