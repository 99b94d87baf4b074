import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from '@libsql/client';
import { type ApiKeyRecord, MemoryApiKeyStore } from '@portcullis/auth';

/** Reads keys from an embedded SQLite database by their primary key, as a durable store does. */
export class SqliteKeys extends MemoryApiKeyStore {
  private constructor(
    private readonly client: Client,
    private readonly folder: string,
  ) {
    super();
  }

  /**
   * A database with so many keys that nobody has.
   *
   * @param sample what each of them looks like
   */
  static async with(count: number, sample: ApiKeyRecord): Promise<SqliteKeys> {
    const folder = await mkdtemp(join(tmpdir(), 'portcullis-bench-'));
    const client = createClient({ url: `file:${join(folder, 'keys.db')}` });
    await client.execute('PRAGMA journal_mode = WAL');
    await client.execute('CREATE TABLE api_keys (id TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID');
    await client.execute({
      sql: `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
            INSERT INTO api_keys SELECT hex(randomblob(8)), ? FROM numbers`,
      args: [count, JSON.stringify(sample)],
    });
    return new SqliteKeys(client, folder);
  }

  override async insert(record: ApiKeyRecord): Promise<void> {
    const args = [record.id, JSON.stringify(record)];
    await this.client.execute({ sql: 'INSERT INTO api_keys VALUES (?, ?)', args });
  }

  override async findById(id: string): Promise<ApiKeyRecord | undefined> {
    const { rows } = await this.client.execute({
      sql: 'SELECT record FROM api_keys WHERE id = ?',
      args: [id],
    });
    return rows[0] && JSON.parse(rows[0].record as string);
  }

  async remove(): Promise<void> {
    this.client.close();
    await rm(this.folder, { recursive: true });
  }
}
