import type {
  AccountLinkOwner,
  AccountLinkRecord,
  AccountLinkStore,
  UpstreamIdentity,
} from '@portcullis/auth';
import type { Database, Value } from '../database.js';
import { toSqlText } from '../text.js';
import { ACCOUNT_LINK_COLUMNS, linkOf, valuesOf } from './account-link-table.js';

const COLUMNS = ACCOUNT_LINK_COLUMNS.join(', ');

/** Who somebody of another issuer is here, in an SQL database. */
export class SqlAccountLinkStore implements AccountLinkStore {
  readonly #database: Database;
  readonly #links: string;

  constructor(database: Database) {
    this.#database = database;
    this.#links = database.table('account_links');
  }

  /** One statement, which two keys of the table decide. */
  async insert(link: AccountLinkRecord): Promise<boolean> {
    const values = valuesOf(link);
    const places = values.map((_, index) => `$${index + 1}`).join(', ');
    const inserted = await this.#database.changeBeside('keep an account link', ({ change }) =>
      change(`INSERT INTO ${this.#links} (${COLUMNS}) VALUES (${places}) ON CONFLICT DO NOTHING`, values),
    );
    return inserted === 1;
  }

  async find(issuer: string, { iss, sub }: UpstreamIdentity): Promise<AccountLinkRecord | undefined> {
    const [row] = await this.#database.read(
      'find an account link',
      ACCOUNT_LINK_COLUMNS,
      `FROM ${this.#links} WHERE upstream_sub = $1 AND upstream_iss = $2 AND issuer = $3`,
      [sub, iss, issuer].map(toSqlText),
    );
    return row && linkOf(row);
  }

  async list(owner: AccountLinkOwner): Promise<readonly AccountLinkRecord[]> {
    const rows = await this.#database.read(
      'list account links',
      ACCOUNT_LINK_COLUMNS,
      `FROM ${this.#links} WHERE subject = $1 AND issuer = $2 ORDER BY created_at, provider`,
      ownerValues(owner),
    );
    return rows.map(linkOf);
  }

  async noteUse(owner: AccountLinkOwner, provider: string, at: number): Promise<void> {
    await this.#database.changeBeside('note the use of an account link', ({ change }) =>
      change(
        `UPDATE ${this.#links} SET last_used_at = $1
         WHERE subject = $2 AND issuer = $3 AND provider = $4 AND (last_used_at IS NULL OR last_used_at < $1)`,
        [at, ...ownerValues(owner), toSqlText(provider)],
      ),
    );
  }

  /** It depends on what others remove meanwhile, so it is done as if one came after another. */
  async remove(
    owner: AccountLinkOwner,
    provider: string,
    keepOneOf: readonly string[],
  ): Promise<AccountLinkRecord | undefined> {
    const kept = this.#database.textsIn('$4');
    const another = `SELECT 1 FROM ${this.#links} AS other
      WHERE other.subject = removed.subject AND other.issuer = removed.issuer
        AND other.provider <> removed.provider AND other.provider IN ${kept}`;
    const [row] = await this.#database.change('remove an account link', ({ rows }) =>
      rows(
        `DELETE FROM ${this.#links} AS removed WHERE subject = $1 AND issuer = $2 AND provider = $3
           AND (provider NOT IN ${kept} OR EXISTS (${another})) RETURNING ${COLUMNS}`,
        [...ownerValues(owner), toSqlText(provider), JSON.stringify(keepOneOf.map(toSqlText))],
      ),
    );
    return row && linkOf(row);
  }
}

function ownerValues({ issuer, subject }: AccountLinkOwner): Value[] {
  return [toSqlText(subject), toSqlText(issuer)];
}
