import 'reflect-metadata';
import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, type ExecutionContext, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  AccessGuard,
  type ApiKeyRecord,
  ApiKeyService,
  type ApiKeyStore,
  MemoryApiKeyStore,
  PortcullisModule,
  type PortcullisOptions,
  RequireApp,
} from '@portcullis/auth';
// biome-ignore lint/style/noRestrictedImports: what is measured here is no part of the public surface
import { ApiKeyVerifier } from '../../libs/auth/dist/api-keys/api-key.verifier.js';
import { measure, quantile } from './support/measure.js';
import { printHead, report } from './support/report.js';
import { SqliteKeys } from './support/sqlite-keys.js';

const NEW_KEY = { appId: 'depot', name: 'North', scopes: ['scans:write', 'reports:read'] };

@Controller()
class ScansController {
  @RequireApp('scans:write')
  @Get()
  scan() {
    return 'in';
  }
}

async function appWith(stores: ApiKeyStore, apiKeys: PortcullisOptions['apiKeys'] = {}) {
  class RootModule {}
  const portcullis = PortcullisModule.forRoot({ stores: { apiKeys: stores }, apiKeys });
  Module({ imports: [portcullis], controllers: [ScansController] })(RootModule);
  return NestFactory.createApplicationContext(RootModule, { logger: false });
}

/** A request to the handler, fresh for each call, and with it everything that a guard may ask for. */
function contextWith(key: string): ExecutionContext {
  const request = {
    method: 'GET',
    url: '/',
    headers: { host: 'localhost', 'x-api-key': key },
    rawHeaders: ['Host', 'localhost', 'X-API-Key', key],
    socket: { remoteAddress: '127.0.0.1' },
  } as unknown as IncomingMessage;
  const response = { once() {}, writeHead() {}, headersSent: false } as unknown as ServerResponse;
  const http = { getRequest: () => request, getResponse: () => response, getNext: () => undefined };
  return {
    getType: () => 'http',
    getClass: () => ScansController,
    getHandler: () => ScansController.prototype.scan,
    switchToHttp: () => http,
  } as unknown as ExecutionContext;
}

/** What the check of a remembered key adds to a guard that lets everybody in. */
async function warmCheck(): Promise<void> {
  const app = await appWith(new MemoryApiKeyStore());
  const { key } = await app.get(ApiKeyService).create(NEW_KEY);
  const guard = app.get(AccessGuard);
  const bare = { canActivate: (_: ExecutionContext) => true };
  const results = await measure(
    {
      bare: () => bare.canActivate(contextWith(key)),
      ours: () => guard.canActivate(contextWith(key)),
    },
    { rounds: 9, calls: 100_000 },
  );
  const added = (results.ours as number[]).map((ours, round) => ours - (results.bare?.[round] as number));
  report('warm check, CPU added to a bare guard', 'µs', added, '≤ 3');
  await app.close();
}

/** What a check costs that has to ask the store, in memory, against one SHA-256 of the key. */
async function coldCheck(): Promise<void> {
  const app = await appWith(new MemoryApiKeyStore(), { cacheSize: 1 });
  const verifier = app.get(ApiKeyVerifier);
  const keys = await createKeys(app.get(ApiKeyService), 1_000);
  const keyAt = (index: number) => keys[index % keys.length] as string;
  const results = await measure(
    {
      sha256: (index) => hash('sha256', keyAt(index), 'buffer'),
      cheapest: (index) => hash('sha256', keyAt(index), 'base64url'),
      cold: (index) => verifier.verify(keyAt(index)),
    },
    { rounds: 9, calls: 100_000 },
  );
  const ratioTo = (subject: string) =>
    (results.cold as number[]).map((cold, round) => cold / (results[subject]?.[round] as number));
  report('cold check in memory / SHA-256 of the key, as a Buffer', '×', ratioTo('sha256'), '≤ 12');
  report('the same / SHA-256 as base64url, the cheapest that Node has', '×', ratioTo('cheapest'), '');
  await app.close();
}

/** Whether a check gets slower with the number of keys in the embedded database. */
async function manyKeys(): Promise<void> {
  const sample = await sampleRecord();
  const stores = [await SqliteKeys.with(10_000, sample), await SqliteKeys.with(1_000_000, sample)] as const;
  const apps = await Promise.all(stores.map((store) => appWith(store, { cacheSize: 1 })));
  const subjects = await Promise.all(
    apps.map(async (app) => ({
      verifier: app.get(ApiKeyVerifier),
      keys: await createKeys(app.get(ApiKeyService), 500),
      microseconds: [] as number[],
    })),
  );
  for (let index = 0; index < 20_000; index++) {
    for (const { verifier, keys, microseconds } of subjects) {
      const begin = process.hrtime.bigint();
      await verifier.verify(keys[index % keys.length] as string);
      microseconds.push(Number(process.hrtime.bigint() - begin) / 1_000);
    }
  }
  const [few, many] = subjects.map(({ microseconds }) =>
    quantile(
      microseconds.slice(2_000).toSorted((one, other) => one - other),
      0.99,
    ),
  ) as [number, number];
  report('p99 of a cold check in SQLite, 1,000,000 keys / 10,000', '×', [many / few], '≤ 2');
  for (const app of apps) await app.close();
  for (const store of stores) await store.remove();
}

async function createKeys(service: ApiKeyService, count: number): Promise<string[]> {
  const keys: string[] = [];
  while (keys.length < count) keys.push((await service.create(NEW_KEY)).key);
  return keys;
}

/** What a key looks like at rest. */
async function sampleRecord(): Promise<ApiKeyRecord> {
  const store = new MemoryApiKeyStore();
  const app = await appWith(store);
  const { id } = await app.get(ApiKeyService).create(NEW_KEY);
  await app.close();
  return (await store.findById(id)) as ApiKeyRecord;
}

printHead();
await warmCheck();
await coldCheck();
await manyKeys();
