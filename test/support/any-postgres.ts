import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { PostgresServer } from './postgres-server.js';
import { noteTested } from './tested-engine.js';

/**
 * A database of a test's own, for tests that leave the server alone: at the server of `DATABASE_URL`, whose user has to be allowed to
 * make databases and roles, or at a new one where the environment names none.
 */
export class AnyPostgres {
  private constructor(
    readonly url: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async open(): Promise<AnyPostgres> {
    const given = process.env.DATABASE_URL;
    if (given) return AnyPostgres.#at(given);
    const server = await PostgresServer.start();
    return new AnyPostgres(server.url, () => server.stop());
  }

  static async #at(given: string): Promise<AnyPostgres> {
    const name = `portcullis_test_${randomUUID().replaceAll('-', '')}`;
    await execute(given, `CREATE DATABASE ${name} TEMPLATE template0`);
    const [version = ''] = (await execute(given, 'SHOW server_version')).split(' ');
    noteTested('PostgreSQL', version);
    const url = new URL(given);
    url.pathname = name;
    return new AnyPostgres(url.href, async () => {
      await execute(given, `DROP DATABASE ${name} WITH (FORCE)`);
    });
  }
}

/** The first value of the first row. */
async function execute(connectionString: string, sql: string): Promise<string> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query({ text: sql, rowMode: 'array' });
    return `${rows[0]?.[0]}`;
  } finally {
    await client.end();
  }
}
