import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { figureOf } from '../figures.js';
import type { MicroRow } from '../results.js';
import { Child } from '../servers/child.js';
import { ADAPTERS, type Adapter } from '../subjects/subject.js';
import { AddressFlood, requestFrom } from './address-flood.js';

/** New addresses a second. */
const RATE = 2_700;
const ROUNDS = 7;
const WINDOW_MS = 3_000;
/** Between two requests of the honest client. */
const PAUSE_MS = 4;

/** What an honest client notices of a flood of new addresses, with bans and, in turns beside them, without. */
export async function measureFlood(): Promise<MicroRow[]> {
  const rows: MicroRow[] = [];
  for (const adapter of ADAPTERS) rows.push(...(await measureOn(adapter)));
  return rows;
}

/** One of the two servers, and what came of its windows. */
interface Flooded {
  readonly url: string;
  readonly p99s: number[];
  readonly rates: number[];
  addresses: number;
}

async function measureOn(adapter: Adapter): Promise<MicroRow[]> {
  const children = [true, false].map((global) => ({
    global,
    child: new Child('flood/flood-server-process.js'),
  }));
  try {
    const servers: Flooded[] = [];
    for (const { child, global } of children) {
      const url = await child.ask<string>({ adapter, global });
      servers.push({ url, p99s: [], rates: [], addresses: 0 });
    }
    for (let round = -1; round < ROUNDS; round++)
      for (const server of round % 2 === 0 ? servers : servers.toReversed())
        await measureWindow(server, round >= 0);
    const [on, off] = servers.map(({ p99s, rates }) => ({
      p99: 1e6 * figureOf(p99s).median,
      rate: Math.round(figureOf(rates).median),
    })) as [Measured, Measured];
    const ratio = figureOf(
      (servers[0] as Flooded).p99s.map((p99, round) => p99 / ((servers[1] as Flooded).p99s[round] as number)),
    ).median;
    const name = (rate: number) => `an honest request in a flood of ${rate} new addresses a second, p99`;
    return [
      {
        name: name(on.rate),
        subject: `Portcullis, ${adapter}`,
        nanoseconds: on.p99,
        ratio,
        ratioTo: 'without bans',
      },
      { name: name(off.rate), subject: `without bans, ${adapter}`, nanoseconds: off.p99 },
    ];
  } finally {
    for (const { child } of children) child.stop();
  }
}

interface Measured {
  readonly p99: number;
  readonly rate: number;
}

async function measureWindow(server: Flooded, counts: boolean): Promise<void> {
  const flood = new AddressFlood(server.url, RATE, server.addresses);
  const times = await honestTimes(server.url);
  const rate = flood.answeredInASecond;
  server.addresses += flood.stop();
  if (!counts) return;
  server.p99s.push(times.toSorted((one, other) => one - other)[Math.floor(times.length * 0.99)] as number);
  server.rates.push(rate);
}

/** Milliseconds that each request of one client takes, one after another, for as long as a window. */
async function honestTimes(url: string): Promise<number[]> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding('latin1');
  const times: number[] = [];
  const end = performance.now() + WINDOW_MS;
  try {
    while (performance.now() < end) {
      times.push(await millisecondsOfOne(socket));
      await pause(PAUSE_MS);
    }
  } finally {
    socket.destroy();
  }
  return times;
}

async function millisecondsOfOne(socket: Socket): Promise<number> {
  const begin = performance.now();
  socket.write(requestFrom('198.51.100.1', '/items/7'));
  const [answer] = await once(socket, 'data');
  if (!answer.startsWith('HTTP/1.1 200')) throw new Error(`An honest client was answered by ${answer}`);
  return performance.now() - begin;
}
