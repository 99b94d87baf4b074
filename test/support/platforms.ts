import {
  type INestApplication,
  type LoggerService,
  Module,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

/** Every end-to-end test runs on each of these, from one source. */
export const platforms = ['express', 'fastify'] as const;
export type Platform = (typeof platforms)[number];

export interface BootOptions {
  /** Serve https with this key and certificate. */
  readonly tls?: {
    readonly key: string;
    readonly cert: string;
    /** Ask clients for a certificate. */
    readonly requestCert?: boolean;
    readonly rejectUnauthorized?: boolean;
  };
  /** An adapter made by the test itself, instead of the platform's plain one. */
  readonly adapter?: AbstractHttpAdapter;
  /** What is to be done with the app before it listens. */
  readonly prepare?: (app: INestApplication) => unknown;
  /** Keep the bytes of bodies as `request.rawBody`. */
  readonly rawBody?: boolean;
  /** The port that it listens on, where others have to know it beforehand; any free one by default. */
  readonly port?: number;
  /** Where Nest's log lines go; nowhere by default. */
  readonly logger?: LoggerService;
}

export interface Booted {
  readonly app: INestApplication;
  readonly url: string;
}

/** Boots a real app on a free port of the loopback interface. Close it when the test is over. */
export async function boot(
  platform: Platform,
  metadata: ModuleMetadata,
  options: BootOptions = {},
): Promise<Booted> {
  const {
    tls,
    adapter = adapterOf(platform, tls),
    prepare,
    rawBody = false,
    logger = false,
    port = 0,
  } = options;
  const app = await NestFactory.create<INestApplication>(rootModule(metadata), adapter, {
    logger,
    abortOnError: false,
    forceCloseConnections: true,
    rawBody,
    ...(tls && { httpsOptions: tls }),
  });
  await prepare?.(app);
  await app.listen(port, '127.0.0.1');
  return { app, url: await app.getUrl() };
}

/** A root module like an app's own: a class under `@Module`. */
export function rootModule(metadata: ModuleMetadata): Type {
  class RootModule {}
  Module(metadata)(RootModule);
  return RootModule;
}

function adapterOf(platform: Platform, tls: BootOptions['tls']): AbstractHttpAdapter {
  if (platform === 'express') return new ExpressAdapter();
  return tls ? new FastifyAdapter({ https: tls }) : new FastifyAdapter();
}
