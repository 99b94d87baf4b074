import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type {
  KnownRevocation,
  OpenTransaction,
  Revocation,
  RevocationPage,
  RevocationStore,
} from '@portcullis/auth';
import { type Database, rowsOfText } from '../database.js';
import { toSqlText } from '../text.js';
import { KNOWN_COLUMNS, REVOCATION_COLUMNS, revocationOf, rowOf } from './revocation-table.js';

type Place = Pick<KnownRevocation, 'revokedAt' | 'id'>;

/** Revocations that are forgotten in one transaction. */
const CHUNK = 1_000;

/** Revocations in an SQL database. */
export class SqlRevocationStore implements RevocationStore {
  readonly #database: Database;
  readonly #revocations: string;

  constructor(database: Database) {
    this.#database = database;
    this.#revocations = database.table('revocations');
  }

  async save(revocations: readonly Revocation[], transaction?: OpenTransaction): Promise<void> {
    const [key, ...others] = REVOCATION_COLUMNS;
    const replacements = others.map((column) => `${column} = excluded.${column}`);
    const rows = this.#database.recordsIn('$1', this.#revocations, REVOCATION_COLUMNS);
    await this.#database.change(
      'save revocations',
      ({ change }) =>
        // Without a condition, SQLite takes ON CONFLICT for part of a join.
        change(
          `INSERT INTO ${this.#revocations} (${REVOCATION_COLUMNS.join(', ')}) ${rows} WHERE true
           ON CONFLICT (${key}) DO UPDATE SET ${replacements.join(', ')}`,
          [JSON.stringify(revocations.map(rowOf))],
        ),
      transaction,
    );
  }

  async findSince(
    time: number,
    limit: number,
    after: Place = { revokedAt: time, id: '' },
  ): Promise<readonly KnownRevocation[]> {
    return (await this.findPage(limit, after)).revocations();
  }

  async findPage(limit: number, after: Place, until?: Place, known?: string): Promise<RevocationPage> {
    // One lower bound alone, where the page begins: of two SQLite takes the first, and walks over all the pages before.
    const conditions = ['revoked_at >= $1 AND (revoked_at > $1 OR id > $2)'];
    if (until !== undefined) conditions.push('revoked_at <= $3 AND (revoked_at < $3 OR id <= $4)');
    const values = [after, ...(until === undefined ? [] : [until])].flatMap(({ revokedAt, id }) => [
      revokedAt,
      toSqlText(id),
    ]);
    const order = `ORDER BY revoked_at, id LIMIT $${values.length + 1}`;
    const question = [
      'find revocations',
      KNOWN_COLUMNS,
      `FROM ${this.#revocations} WHERE ${conditions.join(' AND ')} ${order}`,
      [...values, limit],
    ] as const;
    // A million that are known need not come here.
    if (known !== undefined && (await this.#database.readDigest?.(...question)) === known)
      return { digest: known, revocations: () => [] };
    const text = await this.#database.readText(...question);
    return {
      digest: createHash('sha256').update(text).digest('base64'),
      revocations: () => rowsOfText(KNOWN_COLUMNS, text).map(revocationOf),
    };
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    const expired = `SELECT id FROM ${this.#revocations}
      WHERE expires_at <= ${this.#database.notAfterNow('$1')} ORDER BY expires_at LIMIT $2`;
    let forgotten: number;
    do {
      forgotten = await this.#database.changeBeside('forget revocations that are over', ({ change }) =>
        change(`DELETE FROM ${this.#revocations} WHERE id IN (${expired})`, [time, CHUNK]),
      );
      await setImmediate();
    } while (forgotten === CHUNK);
  }
}
