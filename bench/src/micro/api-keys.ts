import { hash } from 'node:crypto';
import { type ApiKeyRecord, ApiKeyService, MemoryApiKeyStore } from '@portcullis/auth';
import { ApiKeyVerifier } from '../../../libs/auth/dist/api-keys/api-key-verifier.js';
import { quantile } from '../figures.js';
import type { MicroRow } from '../results.js';
import { GuardedApp } from './guarded-app.js';
import { compare } from './measure.js';
import { SqliteKeys } from './sqlite-keys.js';

const CHECKS = 20_000;
const WARM_UP_CHECKS = 2_000;

/** What the proof of an API key costs. */
export async function measureApiKeys(rounds: number): Promise<MicroRow[]> {
  return [...(await inMemory(rounds)), ...(await inSqlite())];
}

/** Against one SHA-256 of the key: as a `Buffer`, and as base64url, the cheapest that Node has. */
async function inMemory(rounds: number): Promise<MicroRow[]> {
  const guarded = await GuardedApp.start({ remembered: 1 });
  const known = await GuardedApp.start();
  const keys = await guarded.apiKeys(1_000);
  const [knownKey] = (await known.apiKeys(1)) as [string];
  const keyAt = (index: number) => keys[index % keys.length] as string;
  const [verifier, remembering] = [guarded.app.get(ApiKeyVerifier), known.app.get(ApiKeyVerifier)];
  const remembered = new Map([[knownKey, true]]);
  const rows = [
    ...(await compare(
      'API key, not remembered',
      {
        Portcullis: (index) => verifier.verify(keyAt(index)),
        'SHA-256 as base64url': (index) => hash('sha256', keyAt(index), 'base64url'),
        'SHA-256 as a Buffer': (index) => hash('sha256', keyAt(index), 'buffer'),
      },
      { rounds, calls: 50_000 },
    )),
    ...(await compare(
      'API key, remembered',
      { Portcullis: () => remembering.verify(knownKey), 'Map.get': () => remembered.get(knownKey) },
      { rounds, calls: 200_000 },
    )),
  ];
  await Promise.all([guarded.close(), known.close()]);
  return rows;
}

/** Whether a check gets slower with the number of keys in the embedded database. By the clock. */
async function inSqlite(): Promise<MicroRow[]> {
  const sample = await sampleRecord();
  const stores = [await SqliteKeys.with(1_000_000, sample), await SqliteKeys.with(10_000, sample)] as const;
  const subjects = await Promise.all(
    stores.map(async (apiKeys) => {
      const guarded = await GuardedApp.start({ remembered: 1, apiKeys });
      const verifier = guarded.app.get(ApiKeyVerifier);
      return { guarded, verifier, keys: await guarded.apiKeys(500), nanoseconds: [] as number[] };
    }),
  );
  for (let index = 0; index < CHECKS; index++) {
    for (const { verifier, keys, nanoseconds } of subjects) {
      const begin = process.hrtime.bigint();
      await verifier.verify(keys[index % keys.length] as string);
      nanoseconds.push(Number(process.hrtime.bigint() - begin));
    }
  }
  const [many, few] = subjects.map(({ nanoseconds }) => p99Of(nanoseconds)) as [number, number];
  for (const { guarded } of subjects) await guarded.close();
  for (const store of stores) await store.remove();
  const name = (size: string) => `API key from SQLite, p99, ${size} keys`;
  const ratioTo = 'the same with 10,000 keys';
  return [
    { name: name('1,000,000'), subject: 'Portcullis', nanoseconds: many, ratio: many / few, ratioTo },
    { name: name('10,000'), subject: 'Portcullis', nanoseconds: few },
  ];
}

function p99Of(nanoseconds: readonly number[]): number {
  const sorted = nanoseconds.slice(WARM_UP_CHECKS).toSorted((one, other) => one - other);
  return quantile(sorted, 0.99);
}

/** What a key looks like at rest. */
async function sampleRecord(): Promise<ApiKeyRecord> {
  const apiKeys = new MemoryApiKeyStore();
  const guarded = await GuardedApp.start({ apiKeys });
  const { id } = await guarded.app.get(ApiKeyService).create({ appId: 'depot', name: 'North', scopes: [] });
  await guarded.close();
  return (await apiKeys.findById(id)) as ApiKeyRecord;
}
