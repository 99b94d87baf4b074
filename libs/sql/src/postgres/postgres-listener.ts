import { setTimeout } from 'node:timers/promises';
import type { Client } from 'pg';
import { pg } from '../drivers.js';
import { ignore } from './postgres-pool.js';

/** Milliseconds. Asking finds out a connection that has died without a word. */
const CHECK_EVERY = 5_000;
const SHORTEST_PAUSE = 50;
const LONGEST_PAUSE = 5_000;

export interface ListenerOptions {
  /** What `pg` connects with. */
  readonly connection: object;
  /** Milliseconds until a connection is there, and until it answers. */
  readonly timeout: number;
  readonly channel: string;
  /** Somebody notified the channel, or may have done so while it was cut off. Must not throw. */
  readonly wake: () => void;
}

interface Line {
  readonly client: Client;
  /** Resolves when the connection is over. */
  readonly over: Promise<void>;
}

/** Listens to a channel on a connection of its own, which is made again for as long as it takes. */
export class PostgresListener {
  readonly #options: ListenerOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  private constructor(options: ListenerOptions, line: Line) {
    this.#options = options;
    this.#running = this.#run(line);
  }

  /** @throws Error of the driver when the first connection can not be made */
  static async start(options: ListenerOptions): Promise<PostgresListener> {
    return new PostgresListener(options, await dial(options));
  }

  /** Resolves when nothing more will be heard, and the connection is gone. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(first: Line): Promise<void> {
    const { signal } = this.#stop;
    for (let line: Line | undefined = first; line !== undefined; line = await this.#redial()) {
      const { client, over } = line;
      if (line !== first) this.#options.wake();
      const hangUp = () => hang(client);
      signal.addEventListener('abort', hangUp, { once: true });
      await over;
      signal.removeEventListener('abort', hangUp);
    }
  }

  /** @returns undefined when it was stopped */
  async #redial(): Promise<Line | undefined> {
    const { signal } = this.#stop;
    for (let pause = SHORTEST_PAUSE; !signal.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        const line = await dial(this.#options);
        if (!signal.aborted) return line;
        hang(line.client);
      } catch {
        // Nothing else can be done. By chance, so that not all come at once when a server is back.
        await setTimeout(pause * (0.5 + Math.random() / 2), undefined, { signal }).catch(ignore);
      }
    }
    return undefined;
  }
}

async function dial({ connection, timeout, channel, wake }: ListenerOptions): Promise<Line> {
  const { Client, escapeIdentifier } = pg();
  const client = new Client({ ...connection, connectionTimeoutMillis: timeout, query_timeout: timeout });
  client.on('error', () => hang(client));
  client.on('notification', wake);
  const over = new Promise<void>((resolve) => client.once('end', () => resolve()));
  try {
    await client.connect();
    await client.query(`LISTEN ${escapeIdentifier(channel)}`);
  } catch (error) {
    hang(client);
    throw error;
  }
  const check = setInterval(() => client.query('SELECT 1').catch(() => hang(client)), CHECK_EVERY).unref();
  return { client, over: over.finally(() => clearInterval(check)) };
}

/** At once: a goodbye would wait for a server that may not answer any more. */
function hang(client: Client): void {
  void client.end();
  client.connection.stream.destroy();
}
