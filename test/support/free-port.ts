import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Systems give ports from 32,768 on, or from 49,152, to whoever asks for any: none of these is taken by chance before it is used. */
const FIRST = 10_000;
const END = 32_768;
/** Workers of one run never give out the same ones. */
const WORKERS = 8;

const given = new Set<number>();

/** A port of the loopback interface that nobody listened on a moment ago, and that nobody else is given. */
export async function freePort(): Promise<number> {
  const worker = Number(process.env.JEST_WORKER_ID ?? 0) % WORKERS;
  for (;;) {
    const port = FIRST + randomInt((END - FIRST) / WORKERS) * WORKERS + worker;
    if (!given.has(port) && (await isFree(port))) {
      given.add(port);
      return port;
    }
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
