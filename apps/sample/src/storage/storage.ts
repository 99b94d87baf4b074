import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { redisChangeFeed, redisLimiter } from '@portcullis/redis';
import { postgres, type SqlStores, sqlite } from '@portcullis/sql';
import { Redis } from 'ioredis';
import type { SampleConfig } from '../config.js';
import { developmentKey } from './development-key.js';

/** Where keys, bans and revocations outlive the process, and what publishes changes to other instances. */
export interface Storage {
  readonly stores: Pick<SqlStores, 'apiKeys' | 'bans' | 'revocations' | 'signingKeys' | 'audit'>;
  /** What the signing keys are encrypted with. */
  readonly keyEncryptionKeys: readonly string[];
  readonly feed: SqlStores['feed'];
  /** Count for all instances. Without them each counts for itself. */
  readonly limiters?: Readonly<Record<'strikes' | 'rates', ReturnType<typeof redisLimiter>>>;
  close(): Promise<void>;
}

/** A file on this machine, unless there is a database server; and Redis, if there is one, for what instances share. */
export function openStorage(config: SampleConfig): Storage {
  const { dataFolder, databaseUrl, redisUrl } = config;
  const { keyEncryptionKeys = [developmentKey(dataFolder)] } = config;
  const { apiKeys, bans, revocations, signingKeys, audit, feed, close } =
    databaseUrl === undefined
      ? sqlite({ file: join(dataFolder, 'portcullis.db') })
      : postgres({ url: databaseUrl });
  const stores = { apiKeys, bans, revocations, signingKeys, audit };
  if (redisUrl === undefined) return { stores, keyEncryptionKeys, feed, close };
  const redis = connectTo(redisUrl);
  return {
    stores,
    keyEncryptionKeys,
    feed: redisChangeFeed({ redis }),
    limiters: {
      strikes: redisLimiter({ redis }),
      rates: redisLimiter({ redis, keyPrefix: 'portcullis:rates' }),
    },
    async close() {
      redis.disconnect();
      await close();
    },
  };
}

function connectTo(url: string): Redis {
  const redis = new Redis(url, { lazyConnect: true });
  redis.on('error', (error) => new Logger('Redis').warn(error.message));
  return redis;
}
