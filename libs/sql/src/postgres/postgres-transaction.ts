import { setTimeout } from 'node:timers/promises';
import type { Transaction } from '../database.js';
import { StoreError } from '../store-error.js';
import { isAnswer, isInTheWay } from './postgres-error.js';
import type { Connection } from './postgres-pool.js';

const MOST_TRIES = 6;
/** Milliseconds. */
const LONGEST_PAUSE = 25;

/** Tries again while others are in the way. */
export async function patiently<T>(attempt: (tries: number) => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt(tries);
    } catch (error) {
      if (!isInTheWay(error) || tries + 1 >= MOST_TRIES) throw error;
    }
    await setTimeout(Math.random() * LONGEST_PAUSE);
  }
}

/** @param begin begins it, with its settings */
export async function transact<T>(
  connection: Connection,
  begin: string,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  let failure: unknown;
  try {
    await connection.run(begin);
    const result = await work({
      change: (...statement) => connection.change(...statement),
      rows: (...statement) => connection.rows(...statement),
    });
    // PostgreSQL answers a COMMIT of what has failed before with a ROLLBACK, and calls that a success.
    if ((await connection.run('COMMIT')) === 'COMMIT') return result;
    failure = new StoreError('a statement has failed');
  } catch (error) {
    failure = error;
    if (isAnswer(error)) await connection.run('ROLLBACK');
  }
  throw failure;
}

/** Set for one transaction. Also ends one whose process has vanished without a word. @param statement milliseconds */
export function limits(statement: number): string {
  return `SET LOCAL statement_timeout = ${statement}; SET LOCAL idle_in_transaction_session_timeout = ${2 * statement}`;
}

/** What is answered is on the disk, also where the user's setting is that it need not be. */
export const DURABLE = `SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'`;
