import type { INestApplication } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import type { SampleConfig } from './config.js';

/** Express's default; Fastify's own is ten times as much. */
const MAX_BODY_BYTES = 100 * 1024;

/** The whole app, not listening yet: what `main.ts` starts and the tests drive. */
export async function createApp(config: SampleConfig): Promise<INestApplication> {
  const app = await NestFactory.create<INestApplication>(AppModule.forRoot(config), adapterOf(config), {
    logger: [config.logLevel],
    // A failure to start is logged once, by whoever starts the app: the log comes out with `app.flushLogs()`.
    bufferLogs: true,
    autoFlushLogs: false,
    abortOnError: false,
    // The signature of a leak report is over the bytes as they came.
    rawBody: true,
  });
  app.enableShutdownHooks();
  // Whether there is TLS in front of the app is not the app's to say: without it the docs would stay blank.
  app.useSecurityHeaders({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } });
  return app;
}

function adapterOf({ adapter }: SampleConfig): AbstractHttpAdapter {
  return adapter === 'fastify' ? new FastifyAdapter({ bodyLimit: MAX_BODY_BYTES }) : new ExpressAdapter();
}
