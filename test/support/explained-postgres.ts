import type { SqlStores } from '@portcullis/sql';
import { postgres } from '@portcullis/sql/postgres';
import pg from 'pg';
import { PostgresServer } from './postgres-server.js';

/** A PostgreSQL that says how it goes about what it is asked for, with our tables in it. */
export class ExplainedPostgres {
  #plans: string[] = [];

  private constructor(
    private readonly server: PostgresServer,
    private readonly pool: pg.Pool,
    readonly stores: SqlStores,
  ) {
    pool.on('connect', (client) => {
      client.on('notice', ({ message }) => this.#plans.push(message ?? ''));
    });
  }

  /** @param filling SQL that fills the tables with as many rows as it takes for an index to be worth it */
  static async start(filling: string): Promise<ExplainedPostgres> {
    const server = await PostgresServer.start();
    const settings = ['session_preload_libraries=auto_explain', 'auto_explain.log_min_duration=0'];
    const options = [...settings, 'auto_explain.log_level=notice']
      .map((setting) => `-c ${setting}`)
      .join(' ');
    const pool = new pg.Pool({ connectionString: server.url, options });
    const explained = new ExplainedPostgres(server, pool, postgres({ pool }).open());
    // The first call makes the tables.
    await explained.stores.bans.findById('');
    await pool.query(filling);
    await pool.query('ANALYZE');
    return explained;
  }

  /** How it goes about what a call asks of a table. */
  async plansOf(table: string, call: (stores: SqlStores) => Promise<unknown>): Promise<string> {
    this.#plans = [];
    await call(this.stores);
    return this.#plans.filter((plan) => plan.includes(table)).join('\n');
  }

  async stop(): Promise<void> {
    await this.stores.close();
    await this.pool.end();
    await this.server.stop();
  }
}
