import { TABLES_VERSION } from '@portcullis/sql';
import { type Finding, fail, ok, warn } from './finding.js';

/** @param version of the tables; undefined where there are none */
export function judgeVersion(check: string, version: number | undefined): Finding {
  if (version === undefined)
    return warn(
      check,
      'there are no tables of Portcullis yet',
      'the first start of the app makes them; if there should be some, this is the wrong database',
    );
  if (version > TABLES_VERSION)
    return fail(
      check,
      `the tables have version ${version}, and this version of @portcullis/sql knows them up to ${TABLES_VERSION} only`,
      'update the packages: a newer version has been here',
    );
  if (version < TABLES_VERSION)
    return warn(
      check,
      `the tables have version ${version}, and ${TABLES_VERSION} is needed`,
      'the next start of the app brings them there',
    );
  return ok(check, `the tables have version ${version}`);
}
