import type { SigningKeyStore, StoredSigningKey } from '@portcullis/auth';
import type { Database, Migration, Transaction } from '../database.js';
import { fromSqlText, toSqlText } from '../text.js';

export const SIGNING_KEYS_MIGRATION: Migration = (table) => [
  `CREATE TABLE ${table('signing_keys')} (
     position BIGINT PRIMARY KEY NOT NULL,
     kid TEXT UNIQUE NOT NULL,
     sealed TEXT NOT NULL
   )`,
];

/** Signing keys in an SQL database, as they were sealed. */
export class SqlSigningKeyStore implements SigningKeyStore {
  readonly #database: Database;
  readonly #keys: string;

  constructor(database: Database) {
    this.#database = database;
    this.#keys = database.table('signing_keys');
  }

  async list(): Promise<readonly StoredSigningKey[]> {
    const rows = await this.#database.read(
      'read the signing keys',
      ['kid', 'sealed'],
      `FROM ${this.#keys} ORDER BY position`,
      [],
    );
    return rows.map(({ kid, sealed }) => ({
      kid: fromSqlText(kid as string),
      sealed: fromSqlText(sealed as string),
    }));
  }

  add(key: StoredSigningKey, after: string | null): Promise<boolean> {
    return this.#database.change('keep a signing key', async (transaction) => {
      const kids = await this.#kids(transaction);
      if ((kids.at(-1) ?? null) !== after) return false;
      await this.#insert(transaction, key);
      return true;
    });
  }

  async remove(kids: readonly string[]): Promise<void> {
    await this.#database.change('forget signing keys', (transaction) =>
      transaction.change(`DELETE FROM ${this.#keys} WHERE kid IN ${this.#database.textsIn('$1')}`, [
        JSON.stringify(kids.map(toSqlText)),
      ]),
    );
  }

  replaceAll(key: StoredSigningKey): Promise<readonly string[]> {
    return this.#database.change('replace the signing keys', async (transaction) => {
      const forgotten = await this.#kids(transaction);
      await transaction.change(`DELETE FROM ${this.#keys}`);
      await this.#insert(transaction, key);
      return forgotten;
    });
  }

  async #insert(transaction: Transaction, { kid, sealed }: StoredSigningKey): Promise<void> {
    await transaction.change(
      `INSERT INTO ${this.#keys} (position, kid, sealed)
       SELECT coalesce(max(position), 0) + 1, $1, $2 FROM ${this.#keys}`,
      [toSqlText(kid), toSqlText(sealed)],
    );
  }

  async #kids(transaction: Transaction): Promise<string[]> {
    const rows = await transaction.rows(`SELECT kid FROM ${this.#keys} ORDER BY position`);
    return rows.map(({ kid }) => fromSqlText(kid as string));
  }
}
