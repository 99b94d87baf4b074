import { setImmediate } from 'node:timers/promises';
import type { LoginTicketRecord, LoginTicketStore } from '@portcullis/auth';
import type { Database } from '../database.js';
import { toSqlText } from '../text.js';
import { LOGIN_TICKET_COLUMNS, ticketOf, valuesOf } from './login-ticket-table.js';

const COLUMNS = LOGIN_TICKET_COLUMNS.join(', ');
/** Tickets that are forgotten in one transaction. */
const CHUNK = 500;

/** Logins that wait for another factor, in an SQL database. */
export class SqlLoginTicketStore implements LoginTicketStore {
  readonly #database: Database;
  readonly #tickets: string;

  constructor(database: Database) {
    this.#database = database;
    this.#tickets = database.table('login_tickets');
  }

  async insert(ticket: LoginTicketRecord): Promise<void> {
    const values = valuesOf(ticket);
    const places = values.map((_, index) => `$${index + 1}`).join(', ');
    await this.#database.changeBeside('keep a login ticket', ({ change }) =>
      change(`INSERT INTO ${this.#tickets} (${COLUMNS}) VALUES (${places})`, values),
    );
  }

  async find(id: string): Promise<LoginTicketRecord | undefined> {
    const { lookUps } = this.#database;
    const from = `FROM ${this.#tickets} WHERE id = $1`;
    const read = () =>
      this.#database.read('find a login ticket', LOGIN_TICKET_COLUMNS, from, [toSqlText(id)]);
    const [row] = lookUps === undefined ? await read() : await lookUps.take(read);
    return row && ticketOf(row);
  }

  /** One statement: a row that somebody else is changing is looked at again when they are done. */
  async beginTry(id: string, most: number, at: number): Promise<LoginTicketRecord | undefined> {
    const [row] = await this.#database.changeBeside('begin to answer a login ticket', ({ rows }) =>
      rows(
        `UPDATE ${this.#tickets} SET tries = tries + 1
         WHERE id = $1 AND used_at IS NULL AND expires_at > $2 AND tries < $3 RETURNING ${COLUMNS}`,
        [toSqlText(id), at, most],
      ),
    );
    return row && ticketOf(row);
  }

  async use(id: string, at: number): Promise<boolean> {
    const used = await this.#database.changeBeside('use a login ticket', ({ change }) =>
      change(
        `UPDATE ${this.#tickets} SET used_at = $1 WHERE id = $2 AND used_at IS NULL AND expires_at > $1`,
        [at, toSqlText(id)],
      ),
    );
    return used === 1;
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    const isOver = `expires_at <= ${this.#database.notAfterNow('$1')}`;
    const over = `SELECT id FROM ${this.#tickets} WHERE ${isOver} ORDER BY expires_at LIMIT $2`;
    let forgotten: number;
    do {
      forgotten = await this.#database.changeBeside('forget login tickets that are over', ({ change }) =>
        change(`DELETE FROM ${this.#tickets} WHERE id IN (${over})`, [time, CHUNK]),
      );
      await setImmediate();
    } while (forgotten === CHUNK);
  }
}
