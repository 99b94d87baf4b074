import { setImmediate } from 'node:timers/promises';
import type {
  EndedOAuthArtifacts,
  OAuthArtifact,
  OAuthArtifactKey,
  OAuthArtifactRecord,
  OAuthArtifactSelection,
  OAuthArtifactStore,
} from '@portcullis/auth';
import { type ChangedRows, changeChosen, changedFor } from '../chosen-rows.js';
import type { Database, Value } from '../database.js';
import { SharedTransactions } from '../shared-transactions.js';
import { fromSqlText, toSqlText } from '../text.js';
import { artifactOf, OAUTH_ARTIFACT_COLUMNS, valuesOf } from './oauth-artifact-table.js';
import { conditionOf } from './oauth-conditions.js';

const KEY = ['id_hash', 'model'] as const;
/** Grants that are named in one call. */
const GRANTS_AT_ONCE = 1_000;
/** Artifacts that are forgotten in one transaction. */
const CHUNK = 200;
/** What was known of it is not needed any more, only that it has ended. */
const ENDED = `has_ended = 1, payload = '', uid_hash = NULL, user_code_hash = NULL`;
const REPLACED = OAUTH_ARTIFACT_COLUMNS.filter(
  (column) => column !== 'created_at' && column !== 'model' && column !== 'id_hash',
);

/** What an authorization server gives out, in an SQL database. */
export class SqlOAuthArtifactStore implements OAuthArtifactStore {
  readonly #database: Database;
  readonly #artifacts: string;
  readonly #revoking: SharedTransactions<OAuthArtifactSelection, ChangedRows>;

  constructor(database: Database) {
    this.#database = database;
    this.#artifacts = database.table('oauth_artifacts');
    this.#revoking = new SharedTransactions(database, (selections) => this.#revokeTogether(selections));
  }

  /** One statement: what somebody else ends at the same time is looked at again when they are done. */
  async upsert(artifact: OAuthArtifact): Promise<boolean> {
    const values = valuesOf(artifact);
    const places = values.map((_, index) => `$${index + 1}`).join(', ');
    const kept = await this.#database.changeBeside('keep an OAuth artifact', ({ change }) =>
      change(
        `INSERT INTO ${this.#artifacts} AS kept (${OAUTH_ARTIFACT_COLUMNS.join(', ')}, has_ended)
         VALUES (${places}, 0) ON CONFLICT (id_hash, model) DO UPDATE
         SET ${REPLACED.map((column) => `${column} = excluded.${column}`).join(', ')} WHERE kept.has_ended = 0`,
        values,
      ),
    );
    return kept === 1;
  }

  find({ model, idHash }: OAuthArtifactKey): Promise<OAuthArtifactRecord | undefined> {
    return this.#lookUp('id_hash = $1 AND model = $2', [idHash, model]);
  }

  findByUid(model: string, uidHash: string): Promise<OAuthArtifactRecord | undefined> {
    return this.#lookUp('uid_hash = $1 AND model = $2 ORDER BY created_at DESC LIMIT 1', [uidHash, model]);
  }

  findByUserCode(model: string, userCodeHash: string): Promise<OAuthArtifactRecord | undefined> {
    return this.#lookUp('user_code_hash = $1 AND model = $2', [userCodeHash, model]);
  }

  /** One statement: a row that somebody else is changing is looked at again when they are done. */
  consume(key: OAuthArtifactKey, at: number): Promise<boolean> {
    const isUsable = 'consumed_at IS NULL AND expires_at > $1';
    return this.#changeOne('use an OAuth artifact', key, `consumed_at = $1 WHERE ${isUsable}`, [at]);
  }

  end(key: OAuthArtifactKey): Promise<boolean> {
    return this.#changeOne('end an OAuth artifact', key, `${ENDED} WHERE TRUE`);
  }

  async grantsOf(which: OAuthArtifactSelection): Promise<readonly string[]> {
    const selected = conditionOf(which);
    if (selected === undefined) return [];
    const values: Value[] = [];
    const condition = selected((value) => `$${values.push(value)}`);
    const rows = await this.#database.read(
      'find grants',
      ['grant_id'],
      `FROM ${this.#artifacts} WHERE has_ended = 0 AND ${condition} AND grant_id IS NOT NULL
       GROUP BY grant_id LIMIT $${values.length + 1}`,
      [...values, GRANTS_AT_ONCE],
    );
    return rows.map(({ grant_id: id }) => fromSqlText(id as string));
  }

  async revoke(which: OAuthArtifactSelection): Promise<EndedOAuthArtifacts> {
    const { rows } = await changedFor(() => this.#revoking.ask(which));
    const grantIds = rows.map(({ grant_id: id }) => id).filter((id) => typeof id === 'string');
    return { count: rows.length, grantIds: [...new Set(grantIds.map(fromSqlText))] };
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    const isOver = `expires_at <= ${this.#database.notAfterNow('$1')}`;
    const over = `SELECT id_hash, model FROM ${this.#artifacts} WHERE ${isOver} ORDER BY expires_at LIMIT $2`;
    let forgotten: number;
    do {
      // What is prolonged at the last moment is not forgotten.
      forgotten = await this.#database.changeBeside('forget OAuth artifacts that are over', ({ change }) =>
        change(`DELETE FROM ${this.#artifacts} WHERE (id_hash, model) IN (${over}) AND ${isOver}`, [
          time,
          CHUNK,
        ]),
      );
      await setImmediate();
    } while (forgotten === CHUNK);
  }

  /** Anybody can ask for one. */
  async #lookUp(condition: string, names: readonly string[]): Promise<OAuthArtifactRecord | undefined> {
    const { lookUps } = this.#database;
    const columns = [...OAUTH_ARTIFACT_COLUMNS, 'consumed_at'];
    const from = `FROM ${this.#artifacts} WHERE has_ended = 0 AND ${condition}`;
    const read = () => this.#database.read('find an OAuth artifact', columns, from, names.map(toSqlText));
    const [row] = lookUps === undefined ? await read() : await lookUps.take(read);
    return row && artifactOf(row);
  }

  #revokeTogether(selections: readonly OAuthArtifactSelection[]): Promise<readonly ChangedRows[]> {
    const ending = this.#database.recordsIn('$1', this.#artifacts, KEY);
    return this.#database.changeBeside('end OAuth artifacts', (transaction) =>
      changeChosen(transaction, {
        database: this.#database,
        table: this.#artifacts,
        key: KEY,
        choices: selections.map((which) => {
          const selected = conditionOf(which);
          return selected && ((bind) => `has_ended = 0 AND ${selected(bind)}`);
        }),
        change: (rows) =>
          transaction.rows(
            `WITH ending (ending_hash, ending_model) AS (${ending}) UPDATE ${this.#artifacts} SET ${ENDED} FROM ending
             WHERE id_hash = ending_hash AND model = ending_model AND has_ended = 0
             RETURNING ${KEY.join(', ')}, grant_id`,
            [JSON.stringify(rows.map(({ key }) => ({ id_hash: key.id_hash, model: key.model })))],
          ),
      }),
    );
  }

  async #changeOne(
    purpose: string,
    { model, idHash }: OAuthArtifactKey,
    changes: string,
    values: readonly Value[] = [],
  ): Promise<boolean> {
    const isIt = `id_hash = $${values.length + 1} AND model = $${values.length + 2} AND has_ended = 0`;
    const changed = await this.#database.changeBeside(purpose, ({ change }) =>
      change(`UPDATE ${this.#artifacts} SET ${changes} AND ${isIt}`, [
        ...values,
        toSqlText(idHash),
        toSqlText(model),
      ]),
    );
    return changed === 1;
  }
}
