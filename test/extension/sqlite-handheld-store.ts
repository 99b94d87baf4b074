import type { Client } from '@libsql/client';
import type { Handheld, HandheldStore } from './depot/handheld.store.js';

/** Handhelds in SQLite: what must happen once is one conditional update. */
export class SqliteHandheldStore implements HandheldStore {
  private constructor(private readonly client: Client) {}

  static async open(client: Client): Promise<SqliteHandheldStore> {
    await client.execute(
      'CREATE TABLE handhelds (id TEXT PRIMARY KEY, depot TEXT, token_hash TEXT, is_blocked INTEGER) STRICT',
    );
    return new SqliteHandheldStore(client);
  }

  async insert({ id, depot, tokenHash, isBlocked }: Handheld): Promise<void> {
    const args = [id, depot, tokenHash, Number(isBlocked)];
    await this.client.execute({ sql: 'INSERT INTO handhelds VALUES (?, ?, ?, ?)', args });
  }

  async find(id: string): Promise<Handheld | undefined> {
    const { rows } = await this.client.execute({ sql: 'SELECT * FROM handhelds WHERE id = ?', args: [id] });
    const [row] = rows;
    if (row === undefined) return undefined;
    return {
      id: String(row.id),
      depot: String(row.depot),
      tokenHash: String(row.token_hash),
      isBlocked: row.is_blocked === 1,
    };
  }

  async block(id: string): Promise<boolean> {
    const sql = 'UPDATE handhelds SET is_blocked = 1 WHERE id = ? AND is_blocked = 0';
    return (await this.client.execute({ sql, args: [id] })).rowsAffected === 1;
  }
}
