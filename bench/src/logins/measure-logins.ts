import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { figureOf } from '../figures.js';
import type { MicroRow } from '../results.js';
import { Child } from '../servers/child.js';
import { ADAPTERS, type Adapter } from '../subjects/subject.js';

/** How many logins one client sends without waiting for an answer. */
const FLOOD = 500;
const ROUNDS = 10;

/** What others notice while one client floods the login: those who log in from elsewhere, and the health check. */
export async function measureLogins(): Promise<MicroRow[]> {
  const rows: MicroRow[] = [];
  for (const adapter of ADAPTERS) rows.push(...(await measureOn(adapter)));
  return rows;
}

async function measureOn(adapter: Adapter): Promise<MicroRow[]> {
  const child = new Child('logins/login-server-process.js');
  try {
    const url = await child.ask<string>({ adapter });
    await rounds(url, 3);
    const usual = await rounds(url, ROUNDS);
    const [flooded, health] = await whileFlooded(url, () => rounds(url, ROUNDS));
    const subject = `Portcullis, ${adapter}`;
    const usualNanoseconds = 1e6 * figureOf(usual).median;
    const median = 1e6 * figureOf(flooded).median;
    return [
      { name: 'a login with Argon2id', subject, nanoseconds: usualNanoseconds },
      {
        name: `the same while another client pipelines ${FLOOD}`,
        subject,
        nanoseconds: median,
        ratio: median / usualNanoseconds,
        ratioTo: 'the usual one',
      },
      { name: 'health meanwhile, p99', subject, nanoseconds: 1e6 * percentile(health, 0.99) },
    ];
  } finally {
    child.stop();
  }
}

/** Milliseconds that each of some logins takes, one after another, each from an address of its own. */
async function rounds(url: string, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < count; round++)
    times.push(await millisecondsOf(() => login(url, `198.51.100.${round}`)));
  return times;
}

/** Asks for the health all the while. @returns what the work gave, and the milliseconds of each health check */
async function whileFlooded<T>(url: string, work: () => Promise<T>): Promise<[T, number[]]> {
  const flooding = new Flood(url);
  const health: number[] = [];
  let isOver = false;
  const watch = async () => {
    while (!isOver)
      health.push(await millisecondsOf(() => fetch(`${url}/health`).then((answer) => answer.text())));
  };
  const watching = watch();
  const result = await work();
  isOver = true;
  await watching;
  flooding.stop();
  return [result, health];
}

/** One client that keeps as many logins under way as it may, with the right password, so that nobody bans it. */
class Flood {
  readonly #socket: Socket;
  #answers = '';

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#socket = connect(Number(port), hostname)
      .setEncoding('latin1')
      .on('error', () => undefined);
    this.#socket.write(requestFrom('203.0.113.1').repeat(FLOOD));
    this.#socket.on('data', (text: string) => this.#goOn(text));
  }

  stop(): void {
    this.#socket.destroy();
  }

  #goOn(text: string): void {
    this.#answers += text;
    const answered = this.#answers.split('HTTP/1.1 ').length - 1;
    this.#answers = this.#answers.slice(this.#answers.lastIndexOf('HTTP/1.1 ') + 9);
    this.#socket.write(requestFrom('203.0.113.1').repeat(answered));
  }
}

async function login(url: string, address: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding('latin1');
  socket.write(requestFrom(address));
  const [answer] = await once(socket, 'data');
  socket.destroy();
  if (!answer.startsWith('HTTP/1.1 200')) throw new Error(`A login was answered by ${answer}`);
}

function requestFrom(address: string): string {
  const body = JSON.stringify({ username: `somebody at ${address}`, password: 'right' });
  return [
    'POST /login HTTP/1.1',
    'Host: bench',
    `X-Forwarded-For: ${address}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length * share)] ?? Number.NaN;
}
