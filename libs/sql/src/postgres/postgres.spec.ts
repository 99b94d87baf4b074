import { postgres } from './postgres.js';

const url = 'postgres://tester@127.0.0.1/postgres';

describe('the schema of a PostgreSQL', () => {
  it.each(['a'.repeat(64), `${'€'.repeat(21)}a`, '🔑'.repeat(16), '', 'a\0b', 7 as unknown as string])(
    'is refused where PostgreSQL would cut it, or it is none: %j',
    (schema) => {
      expect(() => postgres({ url, schema })).toThrow(
        'schema must be the name of a schema, of at most 63 bytes',
      );
    },
  );

  it.each(['pg_', 'pg_catalog', 'pg_parcels'])('is refused where it is not ours to use: %s', (schema) => {
    expect(() => postgres({ url, schema })).toThrow('schema must not begin with pg_');
  });

  it.each(['a'.repeat(63), '€'.repeat(21), 'pg', 'PG_parcels', 'my pg_', 'a"\'\n'])('may be %j', (schema) => {
    expect(() => postgres({ url, schema })).not.toThrow();
  });
});

describe('the prefix of tables in a PostgreSQL', () => {
  it.each(['pg_', 'PG_parcels', 'Pg_'])('is refused where it is not ours to use: %s', (tablePrefix) => {
    expect(() => postgres({ url, tablePrefix })).toThrow('tablePrefix must not begin with pg_');
  });

  it.each(['pg', 'pgp_', '_pg_', 'sqlite_'])('may be %s', (tablePrefix) => {
    expect(() => postgres({ url, tablePrefix })).not.toThrow();
  });
});
