import { createRequire } from 'node:module';
import pg from 'pg';

type Values = readonly unknown[];

/** The statements that a driver was given in this file, each once, with the values that came with it first. */
export class OverheardStatements {
  readonly #values = new Map<string, Values>();

  /** Those about rows of our tables. */
  get all(): readonly (readonly [sql: string, values: Values])[] {
    return [...this.#values].filter(([sql]) =>
      /^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b.*portcullis_/s.test(sql),
    );
  }

  /** Those of SQLite. */
  static ofSqlite(): OverheardStatements {
    const heard = new OverheardStatements();
    const { prototype } = createRequire(createRequire(import.meta.url).resolve('@libsql/client'))('libsql');
    const { prepare } = prototype;
    prototype.prepare = function (sql: string, ...rest: unknown[]) {
      const statement = prepare.call(this, sql, ...rest);
      for (const method of ['all', 'run'] as const) {
        const call = statement[method];
        statement[method] = (...values: [Values]) => {
          heard.#note(sql, values[0] ?? []);
          return call.apply(statement, values);
        };
      }
      return statement;
    };
    return heard;
  }

  /** Those of PostgreSQL. */
  static ofPostgres(): OverheardStatements {
    const heard = new OverheardStatements();
    const { prototype } = pg.Client;
    const query = prototype.query as (...parameters: unknown[]) => unknown;
    prototype.query = function (this: pg.Client, ...parameters: unknown[]) {
      const [given, values] = parameters;
      const { text, values: own } = (typeof given === 'string' ? { text: given } : given) as pg.QueryConfig;
      if (typeof text === 'string') heard.#note(text, (own ?? values ?? []) as Values);
      return query.apply(this, parameters);
    } as never;
    return heard;
  }

  #note(sql: string, values: Values): void {
    if (!this.#values.has(sql)) this.#values.set(sql, values);
  }
}

/** There may be a million revocations, and they are read again and again: without what only an operator wants to know. */
export function expectNoReasons({ all }: OverheardStatements): void {
  const reading = all
    .map(([sql]) => sql)
    .filter((sql) => /^\s*SELECT\b.*\bportcullis_revocations\b/s.test(sql));
  expect(reading.length).toBeGreaterThan(0);
  expect(reading.filter((sql) => /\breason\b|\*/.test(sql))).toEqual([]);
}
