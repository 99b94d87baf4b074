import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { ServerPlan } from './support/measured-server.js';
import { printHead, report } from './support/report.js';

const ROUNDS = 7;
const REQUESTS = 2_000;
const CONNECTIONS = 10;
const SERVER = fileURLToPath(new URL('./support/measured-server.js', import.meta.url));

/** A server in a process of its own, so that its CPU time is nobody else's. */
class Server {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

  private constructor(
    private readonly plan: ServerPlan,
    private readonly child: ChildProcess,
    private readonly url: string,
  ) {}

  static async start(plan: ServerPlan): Promise<Server> {
    const child = fork(SERVER, [JSON.stringify(plan)]);
    const [{ url }] = (await once(child, 'message')) as [{ url: string }];
    return new Server(plan, child, url);
  }

  /** The server's CPU time for one request, in microseconds. */
  async measure(): Promise<number> {
    const before = await this.#cpu();
    let left = REQUESTS;
    const connection = async () => {
      while (left-- > 0) await this.#request();
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, connection));
    return ((await this.#cpu()) - before) / REQUESTS;
  }

  stop(): void {
    this.#agent.destroy();
    this.child.disconnect();
  }

  async #cpu(): Promise<number> {
    this.child.send('cpu');
    const [{ microseconds }] = (await once(this.child, 'message')) as [{ microseconds: number }];
    return microseconds;
  }

  /** A wrong answer would be the measurement of something else. */
  #request(): Promise<void> {
    const isBanned = this.plan.kind === 'banned';
    return new Promise((resolve, reject) => {
      get(this.url, { agent: this.#agent }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => {
          const isRight = isBanned
            ? response.statusCode === 403 && body.includes('address_banned')
            : response.statusCode === 200 && body === 'in';
          if (isRight) resolve();
          else reject(new Error(`${JSON.stringify(this.plan)} answered ${response.statusCode}: ${body}`));
        });
      }).on('error', reject);
    });
  }
}

async function measurePlatform(platform: ServerPlan['platform']): Promise<void> {
  const plans: ServerPlan[] = [
    { platform, kind: 'bare', bans: 0 },
    { platform, kind: 'banned', bans: 0 },
    { platform, kind: 'banned', bans: 100_000 },
    { platform, kind: 'public', bans: 0 },
    { platform, kind: 'public', bans: 100_000 },
  ];
  const servers = await Promise.all(plans.map((plan) => Server.start(plan)));
  const results = servers.map(() => [] as number[]);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [index, server] of servers.entries()) {
      const microseconds = await server.measure();
      // The first round warms up.
      if (round >= 0) results[index]?.push(microseconds);
    }
  }
  for (const server of servers) server.stop();
  const bare = results[0] as number[];
  report(`${platform}: bare Nest, CPU per request`, 'µs', bare, '');
  for (const [index, { kind, bans }] of plans.entries()) {
    if (kind === 'bare') continue;
    const own = results[index] as number[];
    const who = kind === 'banned' ? 'a banned client' : 'an honest client of a @Public() route';
    const what = `${platform}: ${who}, ${bans.toLocaleString('en')} other bans`;
    report(what, 'µs', own, '');
    const ratios = own.map((value, round) => value / (bare[round] as number));
    report('the same / bare', '×', ratios, '');
  }
}

printHead();
await measurePlatform('express');
await measurePlatform('fastify');
