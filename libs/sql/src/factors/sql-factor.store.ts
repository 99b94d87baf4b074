import { setImmediate } from 'node:timers/promises';
import {
  type FactorOwner,
  type FactorRecord,
  type FactorStore,
  type FactorTries,
  MOST_FACTORS,
  type TryLimits,
} from '@portcullis/auth';
import type { Database, Row, Value } from '../database.js';
import { StoreError } from '../store-error.js';
import { toSqlText, toSqlTextOrNull } from '../text.js';
import { FACTOR_COLUMNS, factorOf, valuesOf } from './factor-tables.js';
import { SqlFactorCodes } from './sql-factor-codes.js';
import { SqlFactorTries } from './sql-factor-tries.js';

/** Factors that are forgotten, with their codes, in one transaction: few, so that requests are hardly held up. */
const CHUNK = 200;

/** Second factors in an SQL database. */
export class SqlFactorStore implements FactorStore {
  readonly #database: Database;
  readonly #factors: string;
  readonly #codes: SqlFactorCodes;
  readonly #tries: SqlFactorTries;

  constructor(database: Database) {
    this.#database = database;
    this.#factors = database.table('factors');
    this.#codes = new SqlFactorCodes(database);
    this.#tries = new SqlFactorTries(database);
  }

  async insert(factor: FactorRecord): Promise<void> {
    const values = valuesOf(factor);
    const places = values.map((_, index) => `$${index + 1}`).join(', ');
    const ofUser = `FROM ${this.#factors} WHERE subject = $1 AND issuer = $2`;
    const isKept = await this.#database.change('keep a factor', async ({ change, rows }) => {
      const [found] = await rows(`SELECT count(*) AS count ${ofUser}`, ownerValues(factor));
      if (Number(found?.count) >= MOST_FACTORS) return false;
      const insertion = `INSERT INTO ${this.#factors} (${FACTOR_COLUMNS.join(', ')}) VALUES (${places})`;
      return (await change(insertion, values)) === 1;
    });
    if (!isKept) throw new StoreError(`Could not keep a factor: no user may have more than ${MOST_FACTORS}`);
  }

  async find(id: string): Promise<FactorRecord | undefined> {
    const [row] = await this.#lookUp('WHERE id = $1', [toSqlText(id)]);
    return row && factorOf(row);
  }

  async findByHandle(kind: string, handle: string): Promise<FactorRecord | undefined> {
    const [row] = await this.#lookUp('WHERE handle = $1 AND kind = $2', [toSqlText(handle), toSqlText(kind)]);
    return row && factorOf(row);
  }

  async list(owner: FactorOwner): Promise<readonly FactorRecord[]> {
    const rows = await this.#database.read(
      'list factors',
      FACTOR_COLUMNS,
      `FROM ${this.#factors} WHERE subject = $1 AND issuer = $2 ORDER BY created_at, id`,
      ownerValues(owner),
    );
    return rows.map(factorOf);
  }

  confirm(id: string, position: number, at: number): Promise<boolean> {
    const changes = 'position = $1, confirmed_at = $2, last_used_at = $2';
    return this.#changeOne('confirm a factor', `${changes} WHERE id = $3 AND confirmed_at IS NULL`, [
      position,
      at,
      toSqlText(id),
    ]);
  }

  useStep(id: string, step: number, at: number): Promise<boolean> {
    return this.#use(id, step, at, 'position < $1');
  }

  useCounter(id: string, counter: number, at: number): Promise<boolean> {
    return this.#use(id, counter, at, counter === 0 ? 'position <= $1' : 'position < $1');
  }

  replaceCodes(id: string, codeHashes: readonly string[]): Promise<void> {
    return this.#codes.replace(id, codeHashes);
  }

  useCode(id: string, codeHash: string, at: number): Promise<boolean> {
    return this.#codes.use(id, codeHash, at);
  }

  countCodes(id: string): Promise<number> {
    return this.#codes.count(id);
  }

  beginTry(tries: FactorTries, limits: TryLimits, at: number): Promise<number> {
    return this.#tries.begin(tries, limits, at);
  }

  forgetTries(tries: FactorTries): Promise<void> {
    return this.#tries.forget(tries);
  }

  replaceData(id: string, before: string, data: string): Promise<boolean> {
    const changes = 'data = $1 WHERE id = $2 AND data = $3';
    return this.#changeOne('keep the data of a factor', changes, [
      toSqlText(data),
      toSqlText(id),
      toSqlText(before),
    ]);
  }

  async listAll(after: string | undefined, limit: number): Promise<readonly FactorRecord[]> {
    const rows = await this.#database.read(
      'list all factors',
      FACTOR_COLUMNS,
      `FROM ${this.#factors} WHERE id > $1 ORDER BY id LIMIT $2`,
      [toSqlText(after ?? ''), limit],
    );
    return rows.map(factorOf);
  }

  rename(id: string, name: string | null): Promise<boolean> {
    return this.#changeOne('rename a factor', 'name = $1 WHERE id = $2', [
      toSqlTextOrNull(name),
      toSqlText(id),
    ]);
  }

  /** It depends on what others remove meanwhile, so it is done as if one came after another. */
  async remove(id: string, keepOneOf: readonly string[]): Promise<boolean> {
    const kinds = this.#database.textsIn('$2');
    const another = `SELECT 1 FROM ${this.#factors} AS other
      WHERE other.subject = removed.subject AND other.issuer = removed.issuer AND other.id <> removed.id
        AND other.confirmed_at IS NOT NULL AND other.kind IN ${kinds}`;
    const removed = await this.#database.change('remove a factor', ({ change }) =>
      change(
        `DELETE FROM ${this.#factors} AS removed WHERE id = $1
           AND (confirmed_at IS NULL OR kind NOT IN ${kinds} OR EXISTS (${another}))`,
        [toSqlText(id), JSON.stringify(keepOneOf.map(toSqlText))],
      ),
    );
    return removed === 1;
  }

  async forgetUnconfirmedBefore(time: number): Promise<void> {
    const isOld = `confirmed_at IS NULL AND created_at <= ${this.#database.notAfterNow('$1')}`;
    const old = `SELECT id FROM ${this.#factors} WHERE ${isOld} ORDER BY created_at LIMIT $2`;
    let forgotten: number;
    do {
      // Who confirms at the last moment keeps it.
      forgotten = await this.#database.changeBeside('forget factors that nobody confirmed', ({ change }) =>
        change(`DELETE FROM ${this.#factors} WHERE id IN (${old}) AND ${isOld}`, [time, CHUNK]),
      );
      await setImmediate();
    } while (forgotten === CHUNK);
  }

  /** One statement: a row that somebody else is changing is looked at again when they are done. */
  #use(id: string, position: number, at: number, isNext: string): Promise<boolean> {
    const changes = 'position = $1, last_used_at = $2';
    const isUsable = `id = $3 AND confirmed_at IS NOT NULL AND ${isNext}`;
    return this.#changeOne('use a factor', `${changes} WHERE ${isUsable}`, [position, at, toSqlText(id)]);
  }

  async #changeOne(purpose: string, changes: string, values: readonly Value[]): Promise<boolean> {
    const changed = await this.#database.changeBeside(purpose, ({ change }) =>
      change(`UPDATE ${this.#factors} SET ${changes}`, values),
    );
    return changed === 1;
  }

  /** Anybody can ask for one. */
  async #lookUp(condition: string, values: readonly Value[]): Promise<readonly Row[]> {
    const { lookUps } = this.#database;
    const read = () =>
      this.#database.read('find a factor', FACTOR_COLUMNS, `FROM ${this.#factors} ${condition}`, values);
    return lookUps === undefined ? read() : lookUps.take(read);
  }
}

function ownerValues({ issuer, subject }: FactorOwner): Value[] {
  return [toSqlText(subject), toSqlText(issuer)];
}
