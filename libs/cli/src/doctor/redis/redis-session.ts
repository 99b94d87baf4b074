import { Redis } from 'ioredis';
import { type Endpoint, isLocal } from '../endpoint.js';

/** What `INFO` says, by its names. */
export type Info = Readonly<Record<string, string>>;

/** One connection, which is made once and never again. */
export class RedisSession {
  #redis: Redis | undefined;
  info: Info = {};

  /** @throws Error of the driver, which may quote what it was given */
  async open({ url }: Endpoint): Promise<void> {
    const redis = new Redis(url, {
      lazyConnect: true,
      retryStrategy: null,
      maxRetriesPerRequest: 0,
      disconnectTimeout: 50,
      // It waits for a Redis that loads its data, which is reported instead.
      enableReadyCheck: false,
    });
    this.#redis = redis;
    let failure: unknown;
    redis.on('error', (error) => {
      failure ??= error;
    });
    try {
      await redis.connect();
      this.info = parse(await redis.info());
    } catch (error) {
      throw failure ?? error;
    }
  }

  get isLocal(): boolean {
    return isLocal(this.#redis?.stream?.remoteAddress);
  }

  /** Milliseconds since the epoch. */
  async now(): Promise<number> {
    const [seconds, microseconds] = await this.#connected().time();
    return Number(seconds) * 1000 + Number(microseconds) / 1000;
  }

  /** @throws Error where this user may not see it, as in many hosted ones */
  async setting(name: string): Promise<string> {
    const [, value] = (await this.#connected().config('GET', name)) as string[];
    return value ?? '';
  }

  close(): void {
    this.#redis?.disconnect();
  }

  #connected(): Redis {
    if (this.#redis === undefined) throw new Error('There is no connection');
    return this.#redis;
  }
}

function parse(text: string): Info {
  const lines = text.split(/\r?\n/).map((line) => /^(\w+):(.*)$/.exec(line));
  return Object.fromEntries(lines.flatMap((line) => (line === null ? [] : [[line[1], line[2]]])));
}
