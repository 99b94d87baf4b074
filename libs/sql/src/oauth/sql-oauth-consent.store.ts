import { setImmediate } from 'node:timers/promises';
import type {
  OAuthConsentKey,
  OAuthConsentQuery,
  OAuthConsentRecord,
  OAuthConsentSelection,
  OAuthConsentStore,
} from '@portcullis/auth';
import type { Database, Value } from '../database.js';
import { toSqlText } from '../text.js';
import { conditionOf } from './oauth-conditions.js';
import { consentKeyOf, consentOf, OAUTH_CONSENT_COLUMNS, valuesOf } from './oauth-consent-table.js';

/** Consents that are withdrawn in one call. */
const WITHDRAWN_AT_ONCE = 200;
/** Consents that are forgotten in one transaction. */
const CHUNK = 500;
const KEY = 'subject, issuer, client_id';

/** What users have agreed to, in an SQL database. */
export class SqlOAuthConsentStore implements OAuthConsentStore {
  readonly #database: Database;
  readonly #consents: string;

  constructor(database: Database) {
    this.#database = database;
    this.#consents = database.table('oauth_consents');
  }

  async keep(consent: OAuthConsentRecord): Promise<void> {
    const values = valuesOf(consent);
    const places = values.map((_, index) => `$${index + 1}`).join(', ');
    const replaced = ['scopes', 'updated_at', 'expires_at'].map((column) => `${column} = excluded.${column}`);
    await this.#database.changeBeside('keep a consent', ({ change }) =>
      change(
        `INSERT INTO ${this.#consents} (${OAUTH_CONSENT_COLUMNS.join(', ')}) VALUES (${places})
         ON CONFLICT (${KEY}) DO UPDATE SET ${replaced.join(', ')}`,
        values,
      ),
    );
  }

  async find({ issuer, subject, clientId }: OAuthConsentKey): Promise<OAuthConsentRecord | undefined> {
    const [row] = await this.#database.read(
      'find a consent',
      OAUTH_CONSENT_COLUMNS,
      `FROM ${this.#consents} WHERE subject = $1 AND issuer = $2 AND client_id = $3`,
      [subject, issuer, clientId].map(toSqlText),
    );
    return row && consentOf(row);
  }

  async list({ issuer, subject, after, limit }: OAuthConsentQuery): Promise<readonly OAuthConsentRecord[]> {
    const rows = await this.#database.read(
      'list consents',
      OAUTH_CONSENT_COLUMNS,
      `FROM ${this.#consents} WHERE subject = $1 AND issuer = $2 AND client_id > $3 ORDER BY client_id LIMIT $4`,
      [...[subject, issuer, after ?? ''].map(toSqlText), limit],
    );
    return rows.map(consentOf);
  }

  async withdraw(which: OAuthConsentSelection): Promise<readonly OAuthConsentKey[]> {
    const selected = conditionOf(which);
    if (selected === undefined) return [];
    const values: Value[] = [];
    const condition = selected((value) => `$${values.push(value)}`);
    const some = `SELECT ${KEY} FROM ${this.#consents} WHERE ${condition} LIMIT $${values.length + 1}`;
    const rows = await this.#database.changeBeside('withdraw consents', (transaction) =>
      transaction.rows(`DELETE FROM ${this.#consents} WHERE (${KEY}) IN (${some}) RETURNING ${KEY}`, [
        ...values,
        WITHDRAWN_AT_ONCE,
      ]),
    );
    return rows.map(consentKeyOf);
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    const isOver = `expires_at <= ${this.#database.notAfterNow('$1')}`;
    const over = `SELECT ${KEY} FROM ${this.#consents} WHERE ${isOver} ORDER BY expires_at LIMIT $2`;
    let forgotten: number;
    do {
      // Who agrees once more at the last moment is not forgotten.
      forgotten = await this.#database.changeBeside('forget consents that are over', ({ change }) =>
        change(`DELETE FROM ${this.#consents} WHERE (${KEY}) IN (${over}) AND ${isOver}`, [time, CHUNK]),
      );
      await setImmediate();
    } while (forgotten === CHUNK);
  }
}
