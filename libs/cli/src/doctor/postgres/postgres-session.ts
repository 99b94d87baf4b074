import { Socket } from 'node:net';
import pg from 'pg';
import { type Endpoint, isLocal } from '../endpoint.js';

export type Row = Readonly<Record<string, unknown>>;

/** One connection, on which the checks ask one after another. */
export class PostgresSession {
  readonly #socket = new Socket();
  #client: pg.Client | undefined;

  /** @throws Error of the driver, which may quote the URL */
  async open({ url }: Endpoint): Promise<void> {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'portcullis doctor',
      // Ours, so that it can be dropped whatever the driver waits for.
      stream: () => this.#socket,
    });
    // Whoever waits gets the error; without a listener the process would end.
    client.on('error', () => {});
    await client.connect();
    this.#client = client;
  }

  get isLocal(): boolean {
    return isLocal(this.#socket.remoteAddress);
  }

  async rows(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    if (this.#client === undefined) throw new Error('There is no connection');
    return (await this.#client.query(sql, [...values])).rows;
  }

  /** The first row of an answer. */
  async row(sql: string, values: readonly unknown[] = []): Promise<Row> {
    return (await this.rows(sql, values))[0] ?? {};
  }

  /** Does something in a transaction of which nothing stays. */
  async undone<T>(work: () => Promise<T>): Promise<T> {
    // As the stores begin their changes.
    await this.rows('BEGIN READ WRITE');
    try {
      await this.rows("SET LOCAL lock_timeout = '2s'");
      return await work();
    } finally {
      await this.rows('ROLLBACK');
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}
