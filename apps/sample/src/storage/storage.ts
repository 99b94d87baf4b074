import { join } from 'node:path';
import { memory, type Storage } from '@portcullis/auth';
import { redis } from '@portcullis/redis';
import { postgres } from '@portcullis/sql/postgres';
import { sqlite } from '@portcullis/sql/sqlite';
import type { SampleConfig } from '../config.js';
import { developmentKey } from './development-key.js';

/**
 * Where keys, bans, revocations and the audit log outlive the process: a file on this machine, unless there is a database server; and
 * Redis, if there is one, for what instances share. Portcullis opens it, and closes it at the end.
 */
export function storageOf({ dataFolder, databaseUrl, redisUrl, ...config }: SampleConfig): Storage {
  if (dataFolder === undefined) return memory();
  const { keyEncryptionKeys = [developmentKey(dataFolder)] } = config;
  const options = { keyEncryptionKeys, ...(redisUrl !== undefined && { shared: redis({ url: redisUrl }) }) };
  return databaseUrl === undefined
    ? sqlite({ file: join(dataFolder, 'portcullis.db'), ...options })
    : postgres({ url: databaseUrl, ...options });
}
