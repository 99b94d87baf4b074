import type { Database, Migration } from './database.js';
import { fromSqlText, toSqlText } from './text.js';

/** Whose the tables are: one row. */
export const APP_MIGRATION: Migration = (table) => [
  `CREATE TABLE ${table('app')} (
     id INTEGER PRIMARY KEY NOT NULL,
     name TEXT NOT NULL
   )`,
];

/** What another app has written is shown no further. */
const LONGEST_NAME = 200;

/**
 * Notes whose the tables are, unless that is noted already.
 *
 * @returns a warning, if they are another app's
 * @throws StoreError when that can't be said
 */
export async function otherAppIn(database: Database, name: string | undefined): Promise<string | undefined> {
  const table = database.table('app');
  const noted = async () => {
    const [row] = await database.read(
      'see whose tables these are',
      ['name'],
      `FROM ${table} WHERE id = 1`,
      [],
    );
    return row === undefined ? undefined : fromSqlText(row.name as string);
  };
  let other = await noted();
  if (other === undefined && name !== undefined) {
    await database.changeBeside('note whose tables these are', ({ change }) =>
      change(`INSERT INTO ${table} (id, name) VALUES (1, $1) ON CONFLICT (id) DO NOTHING`, [toSqlText(name)]),
    );
    // Another one may have been first.
    other = await noted();
  }
  if (other === undefined || other === name) return undefined;
  return (
    `Another app, ${JSON.stringify(other.slice(0, LONGEST_NAME))}, has the same tables: API keys of the one open the other, and bans, ` +
    'revocations and sessions cross. Give each a schema or a tablePrefix of its own, or both the same name if that is meant; ' +
    `delete the row of ${table} if it is this app under an earlier name`
  );
}
