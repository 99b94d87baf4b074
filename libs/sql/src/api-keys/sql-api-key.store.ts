import { setImmediate } from 'node:timers/promises';
import type { ApiKeyQuery, ApiKeyRecord, ApiKeySelection, ApiKeyStore, ApiKeyUse } from '@portcullis/auth';
import type { Database, Transaction, Value } from '../database.js';
import { toSqlText } from '../text.js';
import { API_KEY_COLUMNS, apiKeyOf, valuesOf } from './api-key-table.js';

const COLUMNS = API_KEY_COLUMNS.join(', ');
/** Uses in one statement. */
const CHUNK = 500;

/** The condition for each state; `$at` stands for the time. What comes first counts where several apply. */
const STATES = {
  revoked: 'revoked_at IS NOT NULL',
  expired: 'revoked_at IS NULL AND expires_at <= $at',
  disabled: 'revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $at) AND disabled_at IS NOT NULL',
  pending:
    'revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $at) AND disabled_at IS NULL AND not_before > $at AND not_before > created_at',
  active:
    'revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $at) AND disabled_at IS NULL AND (not_before <= $at OR not_before <= created_at)',
} as const;

/** API keys and personal tokens in an SQL database. */
export class SqlApiKeyStore implements ApiKeyStore {
  readonly #database: Database;
  readonly #keys: string;

  constructor(database: Database) {
    this.#database = database;
    this.#keys = database.table('api_keys');
  }

  async insert(record: ApiKeyRecord): Promise<void> {
    await this.#database.change('keep an API key', (transaction) => this.#insert(transaction, record));
  }

  findById(id: string): Promise<ApiKeyRecord | undefined> {
    return this.#findBy('id', id);
  }

  findByHash(hash: string): Promise<ApiKeyRecord | undefined> {
    return this.#findBy('hash', hash);
  }

  async list({ appId, issuer, subject, owner, tenant, state, after, limit }: ApiKeyQuery) {
    const values: Value[] = [];
    const bind = (value: Value) => `$${values.push(value)}`;
    const wanted = { app_id: appId, issuer, subject, owner, tenant };
    const conditions = Object.entries(wanted)
      .filter(([, text]) => text !== undefined)
      .map(([column, text]) => `${column} = ${bind(toSqlText(text as string))}`);
    if (state !== undefined) conditions.push(STATES[state.is].replaceAll('$at', () => bind(state.at)));
    if (after !== undefined)
      conditions.push(`(created_at, id) < (${bind(after.createdAt)}, ${bind(toSqlText(after.id))})`);
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
    const rows = await this.#database.read(
      'list API keys',
      API_KEY_COLUMNS,
      `FROM ${this.#keys} ${where} ORDER BY created_at DESC, id DESC LIMIT ${bind(limit)}`,
      values,
    );
    return rows.map(apiKeyOf);
  }

  async revoke(selection: ApiKeySelection, at: number, reason: string | null) {
    const selected = conditionOf(selection);
    if (selected === undefined) return [];
    const rows = await this.#database.change('revoke API keys', (transaction) =>
      transaction.rows(
        `UPDATE ${this.#keys} SET revoked_at = $1, revoked_reason = $2
         WHERE revoked_at IS NULL AND ${selected.condition} RETURNING ${COLUMNS}`,
        [at, reason === null ? null : toSqlText(reason), ...selected.values],
      ),
    );
    return rows.map(apiKeyOf);
  }

  async setDisabled(id: string, at: number | null): Promise<ApiKeyRecord | undefined> {
    const [row] = await this.#database.change('disable or enable an API key', (transaction) =>
      transaction.rows(
        `UPDATE ${this.#keys} SET disabled_at = $1
         WHERE id = $2 AND revoked_at IS NULL AND disabled_at IS ${at === null ? 'NOT NULL' : 'NULL'}
         RETURNING ${COLUMNS}`,
        [at, toSqlText(id)],
      ),
    );
    return row && apiKeyOf(row);
  }

  async replace(id: string, successor: ApiKeyRecord, at: number, expiresAt: number): Promise<boolean> {
    return this.#database.change('replace an API key', async (transaction) => {
      const replaced = await transaction.change(
        `UPDATE ${this.#keys} SET replaced_by = $1,
           expires_at = CASE WHEN expires_at IS NULL OR expires_at > $2 THEN $2 ELSE expires_at END
         WHERE id = $3 AND revoked_at IS NULL AND disabled_at IS NULL AND replaced_by IS NULL
           AND (expires_at IS NULL OR expires_at > $4)`,
        [toSqlText(successor.id), expiresAt, toSqlText(id), at],
      );
      if (replaced === 0) return false;
      await this.#insert(transaction, successor);
      return true;
    });
  }

  async rehash(id: string, from: string, to: string): Promise<void> {
    await this.#database.change('hash an API key anew', (transaction) =>
      transaction.change(`UPDATE ${this.#keys} SET hash = $1 WHERE id = $2 AND hash = $3`, [
        toSqlText(to),
        toSqlText(id),
        toSqlText(from),
      ]),
    );
  }

  async recordUses(uses: readonly ApiKeyUse[]): Promise<void> {
    const latest = new Map<string, ApiKeyUse>();
    for (const use of uses)
      if (use.at > (latest.get(use.id)?.at ?? Number.NEGATIVE_INFINITY)) latest.set(use.id, use);
    const rows = [...latest.values()].map(({ id, at, from }) => ({
      id: toSqlText(id),
      last_used_at: at,
      last_used_from: toSqlText(from),
    }));
    for (let start = 0; start < rows.length; start += CHUNK) {
      if (start > 0) await setImmediate();
      const part = JSON.stringify(rows.slice(start, start + CHUNK));
      await this.#database.change('note uses of API keys', (transaction) =>
        transaction.change(this.#recordStatement(), [part]),
      );
    }
  }

  #recordStatement(): string {
    const used = this.#database.recordsIn('$1', this.#keys, ['id', 'last_used_at', 'last_used_from']);
    return `WITH used (id, used_at, used_from) AS (${used})
      UPDATE ${this.#keys} SET last_used_at = used_at, last_used_from = used_from FROM used
      WHERE ${this.#keys}.id = used.id AND (last_used_at IS NULL OR last_used_at < used_at)`;
  }

  async #findBy(column: 'id' | 'hash', text: string): Promise<ApiKeyRecord | undefined> {
    const { lookUps } = this.#database;
    const read = () =>
      this.#database.read('find an API key', API_KEY_COLUMNS, `FROM ${this.#keys} WHERE ${column} = $1`, [
        toSqlText(text),
      ]);
    const [row] = lookUps === undefined ? await read() : await lookUps.take(read);
    return row && apiKeyOf(row);
  }

  #insert(transaction: Transaction, record: ApiKeyRecord): Promise<number> {
    const values = valuesOf(record);
    const places = values.map((_, index) => `$${index + 1}`).join(', ');
    return transaction.change(`INSERT INTO ${this.#keys} (${COLUMNS}) VALUES (${places})`, values);
  }
}

const SELECTED_BY: Readonly<Record<string, string>> = {
  id: 'id',
  appId: 'app_id',
  issuer: 'issuer',
  subject: 'subject',
  tenant: 'tenant',
};

/** What a selection means in SQL, from `$3` on; undefined where it selects nothing, as it does when a part of it is undefined. */
function conditionOf(selection: ApiKeySelection): { condition: string; values: Value[] } | undefined {
  const parts: [string, string | undefined][] = Object.entries(selection).filter(
    ([name]) => name in SELECTED_BY,
  );
  const isWhole =
    'id' in selection || 'appId' in selection || ('issuer' in selection && 'subject' in selection);
  if (!isWhole || parts.some(([, text]) => text === undefined)) return undefined;
  return {
    condition: parts.map(([name], index) => `${SELECTED_BY[name]} = $${index + 3}`).join(' AND '),
    values: parts.map(([, text]) => toSqlText(text as string)),
  };
}
