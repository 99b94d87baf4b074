import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { ServerPlan } from '../subjects/subject.js';
import { SUBJECTS } from '../subjects/subjects.js';

/** What one start of an app cost. */
export interface BootCost {
  /** Loading the subject's modules, with Nest already there. By the clock. */
  readonly importMs: number;
  /** From the root module to an app that listens. By the clock. */
  readonly bootMs: number;
  /** The same as CPU time, of all threads. */
  readonly bootCpuMs: number;
  /** What the heap holds then. */
  readonly heapMegabytes: number;
}

async function boot(plan: ServerPlan): Promise<BootCost> {
  const importing = performance.now();
  const makeSubject = await SUBJECTS[plan.kind]();
  const importMs = performance.now() - importing;
  const { module, prepare } = await makeSubject(plan);
  const [booting, cpu] = [performance.now(), process.cpuUsage()];
  const adapter = plan.adapter === 'express' ? new ExpressAdapter() : new FastifyAdapter();
  const app = await NestFactory.create(module, adapter, { logger: false });
  prepare?.(app);
  await app.listen(0, '127.0.0.1');
  const bootMs = performance.now() - booting;
  const { user, system } = process.cpuUsage(cpu);
  globalThis.gc?.();
  const heapMegabytes = process.memoryUsage().heapUsed / 1e6;
  await app.close();
  return { importMs, bootMs, bootCpuMs: (user + system) / 1_000, heapMegabytes };
}

process.once('message', async (plan: ServerPlan) => {
  process.send?.(await boot(plan));
});
process.on('disconnect', () => process.exit());
