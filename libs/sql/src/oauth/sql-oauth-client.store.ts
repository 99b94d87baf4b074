import {
  type Listed,
  listed,
  type OAuthClientQuery,
  type OAuthClientRecord,
  type OAuthClientStore,
  type PagePosition,
} from '@portcullis/auth';
import type { Database } from '../database.js';
import { readNewest } from '../newest-first.js';
import { toSqlText } from '../text.js';
import { clientOf, OAUTH_CLIENT_COLUMNS, valuesOf } from './oauth-client-table.js';

const COLUMNS = OAUTH_CLIENT_COLUMNS.join(', ');

/** Clients of an authorization server, in an SQL database. */
export class SqlOAuthClientStore implements OAuthClientStore {
  readonly #database: Database;
  readonly #clients: string;

  constructor(database: Database) {
    this.#database = database;
    this.#clients = database.table('oauth_clients');
  }

  async insert(client: OAuthClientRecord): Promise<void> {
    const values = valuesOf(client);
    const places = values.map((_, index) => `$${index + 1}`).join(', ');
    await this.#database.changeBeside('keep an OAuth client', ({ change }) =>
      change(`INSERT INTO ${this.#clients} (${COLUMNS}) VALUES (${places})`, values),
    );
  }

  /** Anybody can ask for one. */
  async find(clientId: string): Promise<OAuthClientRecord | undefined> {
    const { lookUps } = this.#database;
    const from = `FROM ${this.#clients} WHERE id = $1`;
    const read = () =>
      this.#database.read('find an OAuth client', OAUTH_CLIENT_COLUMNS, from, [toSqlText(clientId)]);
    const [row] = lookUps === undefined ? await read() : await lookUps.take(read);
    return row && clientOf(row);
  }

  async list({ after, limit }: OAuthClientQuery): Promise<Listed<OAuthClientRecord, PagePosition>> {
    const { rows, stoppedAt } = await readNewest(this.#database, {
      purpose: 'list OAuth clients',
      table: this.#clients,
      columns: OAUTH_CLIENT_COLUMNS,
      time: 'created_at',
      oneOf: [() => ''],
      also: [],
      after: after && { time: after.createdAt, id: after.id },
      limit,
    });
    return listed(rows.map(clientOf), stoppedAt && { createdAt: stoppedAt.time, id: stoppedAt.id });
  }

  /** One statement: a row that somebody else is changing is looked at again when they are done. */
  async replace(client: OAuthClientRecord): Promise<boolean> {
    const [id, name, metadata, secrets, , disabledAt, version] = valuesOf(client);
    const replaced = await this.#database.changeBeside('change an OAuth client', ({ change }) =>
      change(
        `UPDATE ${this.#clients} SET name = $1, metadata = $2, secrets = $3, disabled_at = $4, version = $5
         WHERE id = $6 AND version = $7`,
        [
          ...[name, metadata, secrets, disabledAt, version, id].map((value) => value ?? null),
          client.version - 1,
        ],
      ),
    );
    return replaced === 1;
  }

  async remove(clientId: string): Promise<boolean> {
    const removed = await this.#database.changeBeside('remove an OAuth client', ({ change }) =>
      change(`DELETE FROM ${this.#clients} WHERE id = $1`, [toSqlText(clientId)]),
    );
    return removed === 1;
  }
}
