import { setImmediate } from 'node:timers/promises';
import {
  type ApiKeyQuery,
  type ApiKeyRecord,
  type ApiKeySelection,
  type ApiKeyStore,
  type ApiKeyUse,
  type Listed,
  listed,
  type PagePosition,
} from '@portcullis/auth';
import { type ChangedRows, changeChosen, changedFor } from '../chosen-rows.js';
import type { Database, Row, Transaction } from '../database.js';
import { readNewest } from '../newest-first.js';
import { SharedTransactions } from '../shared-transactions.js';
import { toSqlText, toSqlTextOrNull } from '../text.js';
import { conditionsOf, selectedBy } from './api-key-conditions.js';
import { API_KEY_COLUMNS, apiKeyOf, valuesOf } from './api-key-table.js';

const COLUMNS = API_KEY_COLUMNS.join(', ');
/** Uses in one statement. */
const CHUNK = 500;

/** What is to be revoked. */
interface KeyRevocation {
  readonly selection: ApiKeySelection;
  readonly at: number;
  readonly reason: string | null;
}

/** Which key is to be disabled, by its name in the database. */
interface KeyDisabling {
  readonly id: string;
  readonly at: number;
}

/** API keys and personal tokens in an SQL database. */
export class SqlApiKeyStore implements ApiKeyStore {
  readonly #database: Database;
  readonly #keys: string;
  readonly #revoking: SharedTransactions<KeyRevocation, ChangedRows>;
  readonly #disabling: SharedTransactions<KeyDisabling, Row | undefined>;

  constructor(database: Database) {
    this.#database = database;
    this.#keys = database.table('api_keys');
    this.#revoking = new SharedTransactions(database, (asked) => this.#revokeTogether(asked), 1);
    this.#disabling = new SharedTransactions(database, (asked) => this.#disableTogether(asked));
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

  async list(query: ApiKeyQuery): Promise<Listed<ApiKeyRecord, PagePosition>> {
    const { after, limit } = query;
    const { rows, stoppedAt } = await readNewest(this.#database, {
      purpose: 'list API keys',
      table: this.#keys,
      columns: API_KEY_COLUMNS,
      time: 'created_at',
      ...conditionsOf(query),
      after: after && { time: after.createdAt, id: after.id },
      limit,
    });
    return listed(rows.map(apiKeyOf), stoppedAt && { createdAt: stoppedAt.time, id: stoppedAt.id });
  }

  async revoke(selection: ApiKeySelection, at: number, reason: string | null) {
    const { rows } = await changedFor(() => this.#revoking.ask({ selection, at, reason }));
    return rows.map(apiKeyOf);
  }

  async setDisabled(id: string, at: number | null): Promise<ApiKeyRecord | undefined> {
    const row = await (at === null ? this.#enable(id) : this.#disabling.ask({ id: toSqlText(id), at }));
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
    for (let start = 0; start < uses.length; start += CHUNK) {
      if (start > 0) await setImmediate();
      const part = JSON.stringify(latestOf(uses.slice(start, start + CHUNK)));
      await this.#database.change('note uses of API keys', (transaction) =>
        transaction.change(this.#recordStatement(), [part]),
      );
    }
  }

  /** A successor that comes meanwhile is none of those that are found: by its isolation one of the two is done again. */
  #revokeTogether(revocations: readonly KeyRevocation[]): Promise<readonly ChangedRows[]> {
    const revoking = this.#database.recordsIn('$1', this.#keys, ['id', 'revoked_at', 'revoked_reason']);
    return this.#database.change('revoke API keys', (transaction) =>
      changeChosen(transaction, {
        database: this.#database,
        table: this.#keys,
        key: ['id'],
        choices: revocations.map(({ selection }) => {
          const selected = selectedBy(selection);
          return selected && ((bind) => `revoked_at IS NULL AND ${selected(bind)}`);
        }),
        change: (rows) =>
          transaction.rows(
            `WITH revoking (revoking_id, at, reason) AS (${revoking})
             UPDATE ${this.#keys} SET revoked_at = at, revoked_reason = reason FROM revoking
             WHERE id = revoking_id AND revoked_at IS NULL RETURNING ${COLUMNS}`,
            [
              JSON.stringify(
                rows.map(({ choice, key }) => revokedColumnsOf(key, revocations[choice] as KeyRevocation)),
              ),
            ],
          ),
      }),
    );
  }

  /** One statement: what somebody else is changing is looked at again when they are done. Of several who ask for one key the first has it. */
  async #disableTogether(asked: readonly KeyDisabling[]): Promise<readonly (Row | undefined)[]> {
    const disabling = this.#database.recordsIn('$1', this.#keys, ['id', 'disabled_at']);
    const first = new Map(asked.toReversed().map((each) => [each.id, each]));
    const inOrder = [...first.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
    const disabled = await this.#database.changeBeside('disable API keys', ({ rows }) =>
      rows(
        `WITH disabling (disabling_id, at) AS (${disabling})
         UPDATE ${this.#keys} SET disabled_at = at FROM disabling
         WHERE id = disabling_id AND revoked_at IS NULL AND disabled_at IS NULL RETURNING ${COLUMNS}`,
        [JSON.stringify(inOrder.map(({ id, at }) => ({ id, disabled_at: at })))],
      ),
    );
    const rowOf = new Map(disabled.map((row) => [row.id, row]));
    return asked.map((each) => (first.get(each.id) === each ? rowOf.get(each.id) : undefined));
  }

  /** One statement, as {@link #disableTogether}. */
  async #enable(id: string): Promise<Row | undefined> {
    const [row] = await this.#database.changeBeside('enable an API key', ({ rows }) =>
      rows(
        `UPDATE ${this.#keys} SET disabled_at = NULL
         WHERE id = $1 AND revoked_at IS NULL AND disabled_at IS NOT NULL RETURNING ${COLUMNS}`,
        [toSqlText(id)],
      ),
    );
    return row;
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

function revokedColumnsOf({ id }: Row, { at, reason }: KeyRevocation): object {
  return { id, revoked_at: at, revoked_reason: toSqlTextOrNull(reason) };
}

/** As rows; one statement can't change a key twice. */
function latestOf(uses: readonly ApiKeyUse[]): object[] {
  const latest = new Map<string, ApiKeyUse>();
  for (const use of uses)
    if (use.at > (latest.get(use.id)?.at ?? Number.NEGATIVE_INFINITY)) latest.set(use.id, use);
  return [...latest.values()].map(({ id, at, from }) => ({
    id: toSqlText(id),
    last_used_at: at,
    last_used_from: toSqlText(from),
  }));
}
