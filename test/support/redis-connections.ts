import { once } from 'node:events';
import type { RedisConnection } from '@portcullis/redis';
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import { noteTested } from './tested-engine.js';

/** Connections of a test to one Redis. */
export class RedisConnections {
  readonly #connections: RedisConnection[] = [];

  protected constructor(readonly url: string) {}

  connect(options: Omit<RedisOptions, 'replyMapping'> = {}): Redis {
    return this.#kept(new Redis(this.url, { disconnectTimeout: 50, ...options }));
  }

  /** A connection whose settings would get in the way of whoever reads over one like it and waits. */
  connectOddly(): Redis<'resp3'> {
    return this.#kept(
      new Redis(this.url, {
        ...{ replyMapping: 'resp3', stringNumbers: true, lazyConnect: true },
        ...{ commandTimeout: 300, enableAutoPipelining: true, autoResendUnfulfilledCommands: true },
      }),
    );
  }

  /** A connection to it as a Cluster, which it has to be set up as. */
  connectCluster(options: Omit<ClusterOptions, 'redisOptions'> = {}): Cluster {
    return this.#kept(new Cluster([this.url], options));
  }

  /** Waits until it answers, for at most ten seconds. */
  protected async answers(): Promise<void> {
    const probe = new Redis(this.url, { retryStrategy: () => 20, maxRetriesPerRequest: 500 });
    probe.on('error', () => {});
    try {
      const facts = await probe.info('server');
      const factOf = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(facts)?.[1];
      const valkey = factOf('valkey_version');
      noteTested('Redis', `${factOf('redis_version')}${valkey ? ` (Valkey ${valkey})` : ''}`);
    } finally {
      const ended = once(probe, 'end');
      probe.disconnect();
      await ended;
    }
  }

  protected disconnect(): void {
    for (const connection of this.#connections) connection.disconnect();
  }

  #kept<Kept extends RedisConnection>(connection: Kept): Kept {
    (connection as Redis).on('error', () => {});
    this.#connections.push(connection);
    return connection;
  }
}
