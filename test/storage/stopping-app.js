// @ts-nocheck: decorators by hand, since it is run as it is.
// An app as its own process: a controller that makes keys, and a storage of the kind that is named. It stops by signal, or by message.
import { Body, Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ApiKeyService, PortcullisModule, Public, RequireApp } from '@portcullis/auth';
import { postgres } from '@portcullis/sql/postgres';
import { sqlite } from '@portcullis/sql/sqlite';
import pg from 'pg';

const [platform, kind, place] = process.argv.slice(2);

/** A busy machine takes its time. */
const patience = { connectTimeout: 30_000, statementTimeout: 30_000 };

/** Each with what the root module closes, as an app does whose author has not read our sources. */
const kinds = {
  sqlite: () => ({ options: { storage: sqlite({ file: place }) } }),
  postgres: () => ({ options: { storage: postgres({ url: place, ...patience }) } }),
  'own pool': () => {
    const pool = new pg.Pool({ connectionString: place });
    return { options: { storage: postgres({ pool, ...patience }) }, close: () => pool.end() };
  },
  'own stores': () => {
    const { apiKeys, audit, close } = sqlite({ file: place }).open();
    return { options: { stores: { apiKeys, audit } }, close };
  },
};
const { options, close } = kinds[kind]();

class KeysController {
  constructor(keys) {
    this.keys = keys;
  }

  make({ name }) {
    return this.keys.create({ appId: 'depot', name, scopes: [] });
  }

  use() {
    return {};
  }
}
decorate(KeysController, 'make', Public(), Post('keys'));
decorate(KeysController, 'use', RequireApp(), Post('use'));
Body()(KeysController.prototype, 'make', 0);
Reflect.defineMetadata('design:paramtypes', [ApiKeyService], KeysController);
Controller()(KeysController);

class AppModule {
  onApplicationShutdown() {
    return close?.();
  }
}
Module({ imports: [PortcullisModule.forRoot(options)], controllers: [KeysController] })(AppModule);

const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();
const app = await NestFactory.create(AppModule, adapter, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
process.once('message', async () => {
  await app.close();
  process.disconnect();
});
process.send(await app.getUrl());

function decorate({ prototype }, method, ...decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method);
  for (const decorator of decorators) decorator(prototype, method, descriptor);
}
