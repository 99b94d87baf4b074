import type { SqlStores, TableVersions } from '@portcullis/sql';
import { argumentsOf, noneOf } from '../arguments.js';
import { DATABASE, DATABASE_USAGE, requiredPlace } from '../database/database-place.js';
import { openDatabase } from '../database/open-database.js';
import { EXIT, type ExitCode, type Output } from '../output.js';
import type { Verb } from '../verb.js';

const USAGE = `portcullis migrate [--file <file> | --url <url> | --url-file <file>] [--schema <name>] [--prefix <text>] [--check]

Makes the tables of @portcullis/sql, or brings them to the version that this command has been released with. Several at once do no harm.

${DATABASE_USAGE}
  --check            change nothing; only say which version the tables have and which is needed

Ends with 0 when the tables are as needed, with 1 when they are newer, or with --check also when they are older, and with 2 when
something could not be done.`;

export const migrate: Verb = {
  usage: USAGE,
  async run(args: readonly string[], output: Output): Promise<ExitCode> {
    const { values, positionals } = argumentsOf(args, { ...DATABASE, check: { type: 'boolean' } });
    noneOf(positionals);
    const stores = await openDatabase(await requiredPlace(values, output));
    try {
      return values.check ? await check(stores, output) : await bringUp(stores, output);
    } finally {
      await stores.close();
    }
  },
};

async function check(stores: SqlStores, output: Output): Promise<ExitCode> {
  const { present, needed } = await stores.versions();
  output.say(`${described(present)}; version ${needed} is needed.`);
  return present === needed ? EXIT.clean : EXIT.found;
}

async function bringUp(stores: SqlStores, output: Output): Promise<ExitCode> {
  const versions = await stores.versions();
  if (versions.present > versions.needed) return refuseNewer(versions, output);
  // Asked again, because another process may have done it meanwhile.
  const { present, needed } = await stores.migrate();
  output.say(
    present === needed
      ? `${described(present)}: nothing to do.`
      : `${described(present)}: migrated to version ${needed}.`,
  );
  return EXIT.clean;
}

function refuseNewer({ present, needed }: TableVersions, output: Output): ExitCode {
  output.remark(
    `${described(present)}, and this command knows them up to version ${needed}: install a newer one.`,
  );
  return EXIT.found;
}

function described(version: number): string {
  return version === 0 ? 'The database has no tables' : `The database has the tables of version ${version}`;
}
