import { setImmediate } from 'node:timers/promises';
import {
  type CountedRefresh,
  type EndedSessions,
  endedSessions,
  type Listed,
  type LoginProof,
  listed,
  type PagePosition,
  type SessionOwner,
  type SessionQuery,
  type SessionRecord,
  type SessionSelection,
  type SessionStore,
  type SessionUse,
} from '@portcullis/auth';
import { type ChangedRows, changeChosen, changedFor, findChosen } from '../chosen-rows.js';
import type { Database, Row, Value } from '../database.js';
import { type Bind, readNewest } from '../newest-first.js';
import { SharedTransactions } from '../shared-transactions.js';
import { fromSqlText, toSqlText } from '../text.js';
import { selectedBy } from './session-conditions.js';
import { raisedColumnsOf, SESSION_COLUMNS, sessionOf, valuesOf } from './session-table.js';

const COLUMNS = SESSION_COLUMNS.join(', ');
/** Sessions that are settled in one transaction. */
const SETTLED_AT_ONCE = 200;
/** Sessions of one user that are looked through. */
const LOOKED_BACK_AT = 1_000;
/** Sessions that are forgotten in one transaction: each is in many indexes, and SQLite lets nobody else have a turn meanwhile. */
const CHUNK = 200;

/** Whether the window that refreshes are counted in still runs; by what {@link timesOf} says. */
const RUNS = 'refreshes_since > $1 AND refreshes_since < $2';
const COUNTED = `refreshes = CASE WHEN ${RUNS} THEN refreshes + 1 ELSE 1 END,
  refreshes_since = CASE WHEN ${RUNS} THEN refreshes_since ELSE $3 END`;
const GOES_ON = 'ended_at IS NULL AND idle_expires_at > $3';

/** What is to end. */
interface End {
  readonly which: SessionSelection;
  readonly at: number;
  readonly reason: string;
}

/** Whose sessions are asked for that have ended after a time. */
interface EndedSince {
  readonly user: SessionOwner;
  readonly time: number;
}

/** Sessions in an SQL database. */
export class SqlSessionStore implements SessionStore {
  readonly #database: Database;
  readonly #sessions: string;
  readonly #ending: SharedTransactions<End, ChangedRows>;
  readonly #lookingBack: SharedTransactions<EndedSince, readonly string[]>;

  constructor(database: Database) {
    this.#database = database;
    this.#sessions = database.table('sessions');
    this.#ending = new SharedTransactions(database, (ends) => this.#endTogether(ends));
    this.#lookingBack = new SharedTransactions(database, (asked) => this.#findEndedSince(asked));
  }

  async insert(session: SessionRecord): Promise<void> {
    const values = valuesOf(session);
    const places = values.map((_, index) => `$${index + 1}`).join(', ');
    await this.#database.changeBeside('keep a session', ({ change }) =>
      change(`INSERT INTO ${this.#sessions} (${COLUMNS}) VALUES (${places})`, values),
    );
  }

  async find(id: string): Promise<SessionRecord | undefined> {
    const { lookUps } = this.#database;
    const read = () =>
      this.#database.read('find a session', SESSION_COLUMNS, `FROM ${this.#sessions} WHERE id = $1`, [
        toSqlText(id),
      ]);
    const [row] = lookUps === undefined ? await read() : await lookUps.take(read);
    return row && sessionOf(row);
  }

  async list(query: SessionQuery): Promise<Listed<SessionRecord, PagePosition>> {
    const { issuer, subject, liveAt, after, limit } = query;
    const { rows, stoppedAt } = await readNewest(this.#database, {
      purpose: 'list sessions',
      table: this.#sessions,
      columns: SESSION_COLUMNS,
      time: 'created_at',
      oneOf: [
        (bind) =>
          `subject = ${bind(toSqlText(subject))} AND issuer = ${bind(toSqlText(issuer))}${
            liveAt === undefined ? '' : ' AND ended_at IS NULL'
          }`,
      ],
      also: liveAt === undefined ? [] : [(bind) => `idle_expires_at > ${bind(liveAt)}`],
      after: after && { time: after.createdAt, id: after.id },
      limit,
    });
    return listed(rows.map(sessionOf), stoppedAt && { createdAt: stoppedAt.time, id: stoppedAt.id });
  }

  /** One statement: a row that somebody else is changing is looked at again when they are done. */
  async rotate(
    id: string,
    generation: number,
    { from, idleExpiresAt, ...refresh }: SessionUse,
  ): Promise<SessionRecord | undefined> {
    const [row] = await this.#database.changeBeside('rotate a session', ({ rows }) =>
      rows(
        `UPDATE ${this.#sessions} SET ${COUNTED}, generation = generation + 1, rotated_at = $3, last_used_at = $3,
           last_used_from = $4, idle_expires_at = CASE WHEN expires_at < $5 THEN expires_at ELSE $5 END
         WHERE id = $6 AND generation = $7 AND ${GOES_ON} AND NOT (${RUNS} AND refreshes >= $8) RETURNING ${COLUMNS}`,
        [
          ...timesOf(refresh),
          ...[from === null ? null : toSqlText(from), idleExpiresAt],
          ...[toSqlText(id), generation, refresh.limit.requests],
        ],
      ),
    );
    return row && sessionOf(row);
  }

  /** One statement, as {@link rotate}. */
  async countRefresh(id: string, refresh: CountedRefresh): Promise<SessionRecord | undefined> {
    const [row] = await this.#database.changeBeside('count a refresh', ({ rows }) =>
      rows(
        `UPDATE ${this.#sessions} SET ${COUNTED}
         WHERE id = $4 AND ${GOES_ON} AND NOT (${RUNS} AND refreshes >= $5) RETURNING ${COLUMNS}`,
        [...timesOf(refresh), toSqlText(id), refresh.limit.requests],
      ),
    );
    return row && sessionOf(row);
  }

  /** One statement, as {@link rotate}. */
  async raise(id: string, raised: LoginProof): Promise<boolean> {
    const { raised_at, raised_acr, raised_amr } = raisedColumnsOf(raised);
    const changed = await this.#database.changeBeside('raise a session', ({ change }) =>
      change(
        `UPDATE ${this.#sessions} SET raised_at = $1, raised_acr = $2, raised_amr = $3
         WHERE id = $4 AND ended_at IS NULL AND idle_expires_at > $1`,
        [raised_at, raised_acr, raised_amr, toSqlText(id)],
      ),
    );
    return changed === 1;
  }

  async end(which: SessionSelection, at: number, reason: string): Promise<EndedSessions> {
    const { rows, isAll } = await changedFor(() => this.#ending.ask({ which, at, reason }));
    return endedSessions(rows.map(sessionOf), isAll);
  }

  endedSince(user: SessionOwner, time: number): Promise<readonly string[]> {
    return this.#lookingBack.ask({ user, time });
  }

  async unsettled(endedBy: number, limit: number): Promise<readonly SessionRecord[]> {
    const rows = await this.#database.read(
      'find ended sessions that are unsettled',
      SESSION_COLUMNS,
      `FROM ${this.#sessions} WHERE unsettled IS NOT NULL AND ended_at <= $1 ORDER BY ended_at LIMIT $2`,
      [endedBy, limit],
    );
    return rows.map(sessionOf);
  }

  async settle(ids: readonly string[]): Promise<void> {
    for (let begin = 0; begin < ids.length; begin += SETTLED_AT_ONCE) {
      const some = ids.slice(begin, begin + SETTLED_AT_ONCE);
      const places = some.map((_, index) => `$${index + 1}`).join(', ');
      await this.#database.changeBeside('settle sessions', ({ change }) =>
        change(
          `UPDATE ${this.#sessions} SET unsettled = NULL WHERE id IN (${places}) AND unsettled IS NOT NULL`,
          some.map(toSqlText),
        ),
      );
    }
  }

  /** Who refreshes at the last moment is not forgotten. */
  async forgetExpiredBefore(time: number): Promise<void> {
    const over = `idle_expires_at <= ${this.#database.notAfterNow('$1')}`;
    const expired = `SELECT id FROM ${this.#sessions} WHERE ${over} ORDER BY idle_expires_at LIMIT $2`;
    const forget = `DELETE FROM ${this.#sessions} WHERE id IN (${expired}) AND ${over}`;
    await this.#inChunks('forget sessions that are over', forget, time);
  }

  async forgetAddressesBefore(time: number): Promise<void> {
    const old = `last_used_from IS NOT NULL AND last_used_at <= ${this.#database.notAfterNow('$1')}`;
    const found = `SELECT id FROM ${this.#sessions} WHERE ${old} ORDER BY last_used_at LIMIT $2`;
    const forget = `UPDATE ${this.#sessions} SET last_used_from = NULL WHERE id IN (${found}) AND ${old}`;
    await this.#inChunks('forget where sessions were used from', forget, time);
  }

  #endTogether(ends: readonly End[]): Promise<readonly ChangedRows[]> {
    const columns = ['id', 'ended_at', 'ended_reason'];
    const ending = this.#database.recordsIn('$1', this.#sessions, columns);
    return this.#database.changeBeside('end sessions', (transaction) =>
      changeChosen(transaction, {
        database: this.#database,
        table: this.#sessions,
        key: ['id'],
        choices: ends.map(({ which }) => {
          const selected = selectedBy(which);
          return selected && ((bind) => `ended_at IS NULL AND ${selected(bind)}`);
        }),
        change: (rows) =>
          transaction.rows(
            `WITH ending (ending_id, at, reason) AS (${ending})
             UPDATE ${this.#sessions} SET ended_at = at, ended_reason = reason, unsettled = 1 FROM ending
             WHERE id = ending_id AND ended_at IS NULL RETURNING ${COLUMNS}`,
            [JSON.stringify(rows.map(({ choice, key }) => endedColumnsOf(key, ends[choice] as End)))],
          ),
      }),
    );
  }

  /** Of somebody who logs in and out all day it looks through the newest only. */
  async #findEndedSince(asked: readonly EndedSince[]): Promise<readonly (readonly string[])[]> {
    const newest = (bind: Bind, { issuer, subject }: SessionOwner) =>
      `SELECT id FROM ${this.#sessions} WHERE subject = ${bind(toSqlText(subject))} AND issuer = ${bind(toSqlText(issuer))}
       ORDER BY created_at DESC, id DESC LIMIT ${LOOKED_BACK_AT}`;
    const read = (sql: string, values: readonly Value[] = []) =>
      this.#database.read('find ended sessions', ['choice', 'id'], `FROM (${sql}) AS ended`, values);
    const found = await findChosen(
      read,
      {
        database: this.#database,
        table: this.#sessions,
        key: ['id'],
        choices: asked.map(
          ({ user, time }) =>
            (bind) =>
              `id IN (${newest(bind, user)}) AND ended_at > ${bind(time)}`,
        ),
      },
      LOOKED_BACK_AT,
    );
    const ids = asked.map((): string[] => []);
    for (const { choice, key } of found) ids[choice]?.push(fromSqlText(key.id as string));
    return ids;
  }

  async #inChunks(purpose: string, statement: string, time: number): Promise<void> {
    let changed: number;
    do {
      changed = await this.#database.changeBeside(purpose, ({ change }) => change(statement, [time, CHUNK]));
      await setImmediate();
    } while (changed === CHUNK);
  }
}

function endedColumnsOf({ id }: Row, { at, reason }: End): object {
  return { id, ended_at: at, ended_reason: toSqlText(reason) };
}

/** `$1` and `$2`, between which a window that runs has begun, and `$3`, when somebody comes. */
function timesOf({ at, limit }: CountedRefresh): Value[] {
  const windowMs = limit.windowSeconds * 1000;
  return [at - windowMs, at + windowMs, at];
}
