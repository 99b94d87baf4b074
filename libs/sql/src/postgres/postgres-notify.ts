import type { Notifications, Transaction } from '../database.js';
import { storeErrorOf } from './postgres-error.js';
import { PostgresListener } from './postgres-listener.js';
import { connectionOptionsOf, type PostgresPool } from './postgres-pool.js';

/**
 * NOTIFY on a channel. Its name says nothing of the schema, for which it may be too long: those who share a database wake each other
 * for nothing then. A pooler that gives out connections by transaction lets no ring through.
 */
export class PostgresNotifications implements Notifications {
  readonly #pool: PostgresPool;
  readonly #channel: string;
  readonly #timeout: number;

  /** @param timeout milliseconds until a connection is there, and until it answers */
  constructor(pool: PostgresPool, channel: string, timeout: number) {
    this.#pool = pool;
    this.#channel = channel;
    this.#timeout = timeout;
  }

  async notify(transaction: Transaction): Promise<void> {
    await transaction.rows("SELECT pg_notify($1, '')", [this.#channel]);
  }

  async listen(wake: () => void): Promise<() => Promise<void>> {
    try {
      const listener = await PostgresListener.start({
        connection: connectionOptionsOf(this.#pool),
        timeout: this.#timeout,
        channel: this.#channel,
        wake,
      });
      return () => listener.stop();
    } catch (error) {
      throw storeErrorOf('listen to the database', error);
    }
  }
}
