import 'reflect-metadata';
import { Session } from 'node:inspector';
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
  /** Loading and booting, as CPU time of all threads. */
  readonly startCpuMs: number;
  /** What the heap holds then. */
  readonly heapMegabytes: number;
  /** Whether the library of authorization servers was loaded. */
  readonly hasProvider: boolean;
}

async function boot(plan: ServerPlan): Promise<BootCost> {
  const [importing, started] = [performance.now(), process.cpuUsage()];
  const makeSubject = await SUBJECTS[plan.kind]();
  const importMs = performance.now() - importing;
  const { module, prepare } = await makeSubject(plan);
  const [booting, cpu] = [performance.now(), process.cpuUsage()];
  const adapter = plan.adapter === 'express' ? new ExpressAdapter() : new FastifyAdapter();
  const app = await NestFactory.create(module, adapter, { logger: false, abortOnError: false });
  prepare?.(app);
  await app.listen(0, '127.0.0.1');
  const bootMs = performance.now() - booting;
  const [bootCpuMs, startCpuMs] = [cpu, started].map(cpuMsSince) as [number, number];
  globalThis.gc?.();
  const heapMegabytes = process.memoryUsage().heapUsed / 1e6;
  await app.close();
  const hasProvider = loadedScripts().some((url) => url.includes('/node_modules/oidc-provider/'));
  return { importMs, bootMs, bootCpuMs, startCpuMs, heapMegabytes, hasProvider };
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** The URLs of all that runs in this process, which V8 tells whoever begins to debug. */
function loadedScripts(): string[] {
  const urls: string[] = [];
  const session = new Session();
  session.connect();
  session.on('Debugger.scriptParsed', ({ params }) => urls.push(params.url));
  session.post('Debugger.enable');
  session.disconnect();
  return urls;
}

process.once('message', async (plan: ServerPlan) => {
  process.send?.(await boot(plan));
});
process.on('disconnect', () => process.exit());
