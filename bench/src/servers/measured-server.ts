import 'reflect-metadata';
import { executionAsyncResource } from 'node:async_hooks';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { pathOf, type ServerPlan } from '../subjects/subject.js';
import { SUBJECTS } from '../subjects/subjects.js';

/** What a server says once it listens. */
export interface ServerStarted {
  /** The measured route. */
  readonly url: string;
  /** The API keys that it knows. */
  readonly apiKeys: readonly string[];
}

/** The CPU time of the process so far, of user and system together, in microseconds. */
export interface CpuSoFar {
  readonly cpuMicros: number;
}

async function start(plan: ServerPlan): Promise<ServerStarted> {
  const makeSubject = await SUBJECTS[plan.kind]();
  const { module, bodyParser = true, prepare, createApiKeys } = await makeSubject(plan);
  const adapter = plan.adapter === 'express' ? new ExpressAdapter() : new FastifyAdapter();
  const app = await NestFactory.create(module, adapter, { logger: false, bodyParser });
  prepare?.(app);
  // Connections are kept while others have their turn.
  app.getHttpServer().keepAliveTimeout = 0;
  await app.listen(0, '127.0.0.1');
  const apiKeys = plan.apiKeys === 0 ? [] : ((await createApiKeys?.(app, plan.apiKeys)) ?? []);
  return { url: `${await app.getUrl()}/${pathOf(plan.routes - 1)}`, apiKeys };
}

function cpuSoFar(): CpuSoFar {
  const { user, system } = process.cpuUsage();
  return { cpuMicros: user + system };
}

/** What must not be collected. */
const kept: object[] = [];

/**
 * Keeps one of the objects behind `process.nextTick`. When the garbage collector finds none of them, V8 forgets what they look like, and
 * makes all later ones slowly; whether that happens depends on how much an app loads before it listens.
 */
function keepTick(): void {
  process.nextTick(() => kept.push(executionAsyncResource()));
}

keepTick();
process.once('message', async (plan: ServerPlan) => {
  process.send?.(await start(plan));
  process.on('message', () => process.send?.(cpuSoFar()));
});
process.on('disconnect', () => process.exit());
