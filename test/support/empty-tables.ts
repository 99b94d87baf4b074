import type { Pool } from 'pg';

/** Forgets all that is in a schema and leaves the tables: that takes a fiftieth of the time in which they are made. */
export async function emptyTables(owner: Pool, schema: string): Promise<void> {
  const { rows } = await owner.query(
    `SELECT format('DELETE FROM %I.%I', schemaname, tablename) AS deletion FROM pg_tables
     WHERE schemaname = $1 AND tablename <> 'portcullis_migrations'`,
    [schema],
  );
  await owner.query(rows.map(({ deletion }) => deletion).join(';'));
}
