import { type Row, rowOf, type Value } from '../database.js';
import { isAnswer } from './postgres-error.js';

/** What the driver is asked. */
interface Question {
  readonly text: string;
  readonly values?: Value[];
  readonly rowMode?: 'array';
  readonly types?: typeof TYPES;
  readonly query_timeout: number;
}

interface Answer {
  readonly command: string;
  readonly rowCount: number | null;
  readonly fields: readonly { readonly name: string }[];
  readonly rows: unknown[];
}

/** A connection that is taken out of a pool of `pg`. */
interface PooledClient {
  query(question: Question): Promise<Answer>;
  release(destroy?: boolean): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
}

/** A pool of `pg`, as far as we need it. */
export interface PostgresPool {
  readonly options: object;
  connect(): Promise<PooledClient>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
}

/** What the pool connects with; some of it is hidden from loops over its properties. */
export function connectionOptionsOf({ options }: PostgresPool): object {
  const { connectionString, password } = options as { connectionString?: unknown; password?: unknown };
  return {
    ...options,
    ...(connectionString !== undefined && { connectionString }),
    ...(password !== undefined && { password }),
  };
}

/** Milliseconds. */
export interface Timeouts {
  readonly connect: number;
  readonly statement: number;
}

/** Milliseconds that the server has to say by itself that a statement takes too long. */
const GRACE = 500;

const NUMBER_TYPES: readonly number[] = [20, 21, 23, 700, 701, 1700];
const toNumber = (text: string) => Number(text);
const toText = (text: string) => text;
/** Given to each query, because the driver's own are the whole process's. Our numbers are all below 2^53. */
const TYPES = {
  getTypeParser: (type: number) => (NUMBER_TYPES.includes(type) ? toNumber : toText),
} as const;

/** For an `error` event whose error a call gets too, and that would end the process if nobody listened. */
export const ignore = (): void => {};

/** A connection for the time of one piece of work. */
export class Connection {
  readonly #client: PooledClient;
  readonly #patience: number;

  constructor(client: PooledClient, statementTimeout: number) {
    this.#client = client;
    this.#patience = statementTimeout + GRACE;
  }

  /** Several statements in one message, without values. */
  async run(text: string): Promise<string> {
    return (await this.#client.query({ text, query_timeout: this.#patience })).command;
  }

  async change(text: string, values: readonly Value[] = []): Promise<number> {
    return (await this.#ask(text, values)).rowCount ?? 0;
  }

  async rows(text: string, values: readonly Value[] = []): Promise<readonly Row[]> {
    const { fields, rows } = await this.#ask(text, values);
    const columns = fields.map(({ name }) => name);
    return rows.map((row) => rowOf(columns, row as Value[]));
  }

  /** Rows whose columns have these names. */
  async rowsOf(columns: readonly string[], from: string, values: readonly Value[]): Promise<readonly Row[]> {
    const { rows } = await this.#ask(`SELECT ${columns.join(', ')} ${from}`, values);
    return rows.map((row) => rowOf(columns, row as Value[]));
  }

  #ask(text: string, values: readonly Value[]): Promise<Answer> {
    const question = {
      text,
      values: [...values],
      types: TYPES,
      rowMode: 'array',
      query_timeout: this.#patience,
    };
    return this.#client.query(question as Question);
  }
}

/** Takes a connection from the pool for one piece of work, and gives it back unless it is broken. */
export async function withConnection<T>(
  pool: PostgresPool,
  { connect, statement }: Timeouts,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const client = await connected(pool, connect);
  let isBroken = true;
  const broken = () => {
    isBroken = true;
  };
  client.on('error', broken);
  try {
    isBroken = false;
    return await work(new Connection(client, statement));
  } catch (error) {
    // What is not the server's answer may have left the connection in the middle of something.
    isBroken ||= !isAnswer(error);
    throw error;
  } finally {
    client.off('error', broken);
    client.release(isBroken);
  }
}

/** Somebody else's pool may wait for ever. */
async function connected(pool: PostgresPool, timeout: number): Promise<PooledClient> {
  const connecting = pool.connect();
  let timer: NodeJS.Timeout | undefined;
  let isTooLate = false;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isTooLate = true;
      reject(new Error('timeout exceeded when trying to connect'));
    }, timeout);
  });
  try {
    return await Promise.race([connecting, tooLate]);
  } finally {
    clearTimeout(timer);
    if (isTooLate) connecting.then((client) => client.release(), ignore);
  }
}
