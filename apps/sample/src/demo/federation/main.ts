import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../free-port.js';
import type { Demo } from '../prepare-demo.js';
import { federationScreen } from './federation-screen.js';

/** Two hosts of this machine, so that browsers keep the cookies of the two apart as they do on the web. */
const [parcels, depots] = [`http://localhost:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
const AUDIENCE = 'https://depots.example';
const secret = randomBytes(32).toString('hex');

/** Both keep everything in memory: what one knows of the other is new at every start. */
async function start(url: string, environment: Record<string, string>): Promise<Demo> {
  const { port } = new URL(url);
  const program = fileURLToPath(new URL('instance.js', import.meta.url));
  const child = fork(program, {
    env: { ...process.env, NODE_ENV: 'test', PORT: port, ISSUER: url, ...environment },
  });
  const ended = once(child, 'exit').then(([code]) => {
    process.exitCode ||= code ?? 1;
    throw new Error(`${url} has ended`);
  });
  ended.catch(() => {});
  const [demo] = (await Promise.race([once(child, 'message'), ended])) as [Demo];
  return demo;
}

const [{ dispatcher }] = await Promise.all([
  start(parcels, { PARTNER_ORIGIN: depots, PARTNER_AUDIENCE: AUDIENCE, PARTNER_SECRET: secret }),
  start(depots, {
    AUDIENCE,
    // Passkeys belong to a domain, and an address is none.
    LOGIN_ORIGIN: depots.replace('127.0.0.1', 'localhost'),
    EXTERNAL_ISSUER: parcels,
    UPSTREAM_ISSUER: parcels,
    UPSTREAM_CLIENT_ID: 'partner',
    UPSTREAM_SECRET: secret,
  }),
]);
console.log(federationScreen({ parcels, depots, audience: AUDIENCE, dispatcher, secret }));
