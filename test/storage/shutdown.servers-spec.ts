import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiKeyInfo, CreatedApiKey } from '@portcullis/auth';
import type { SqlStores } from '@portcullis/sql';
import { postgres } from '@portcullis/sql/postgres';
import { sqlite } from '@portcullis/sql/sqlite';
import { platforms } from '../support/platforms.js';
import { PostgresServer } from '../support/postgres-server.js';
import { program } from '../support/program.js';

let folder: string;
let server: PostgresServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-shutdown-'));
  server = await PostgresServer.start();
}, 60_000);
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  output(): string;
}

async function start(platform: string, kind: string, place: string): Promise<Running> {
  const child = fork(program('stopping-app'), [platform, kind, place], {
    env: { ...process.env, NODE_OPTIONS: '' },
    silent: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text) => {
      output += text;
    });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`The app has ended: ${output}`)));
  const [url] = await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => {});
  return { child, url: String(url), output: () => output };
}

/** Has keys made over several connections, again and again, until the app is gone. */
class Load {
  readonly answered: ApiKeyInfo[] = [];
  readonly over: Promise<unknown>;
  /** Resolves when it is well under way. */
  readonly enough: Promise<void>;
  readonly #agents = Array.from({ length: 8 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));

  constructor(url: string) {
    let isEnough = () => {};
    this.enough = new Promise((resolve) => {
      isEnough = resolve;
    });
    this.over = Promise.all(this.#agents.map((agent) => this.#ask(`${url}/keys`, agent, isEnough)));
  }

  end(): void {
    for (const agent of this.#agents) agent.destroy();
  }

  async #ask(url: string, agent: Agent, isEnough: () => void): Promise<void> {
    for (;;) {
      const answer = await post(url, agent, { name: 'load' }).catch(() => undefined);
      if (answer === undefined) return;
      this.answered.push(answer);
      if (this.answered.length === 50) isEnough();
    }
  }
}

function post(url: string, agent: Agent | undefined, body: object, headers = {}): Promise<ApiKeyInfo> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', agent, headers: { 'content-type': 'application/json', ...headers } };
    const sent = request(url, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.once('end', () => (response.statusCode === 201 ? resolve(JSON.parse(text)) : reject(text)));
      response.once('error', reject);
    });
    sent.once('error', reject);
    sent.end(JSON.stringify(body));
  });
}

async function auditedKeys({ audit }: SqlStores): Promise<Set<string | null>> {
  return new Set(
    (await audit.list({ types: ['api-key.created'], limit: 100_000 })).map(({ keyId }) => keyId),
  );
}

const KINDS = [
  ['sqlite', 'SIGTERM'],
  ['sqlite', 'close'],
  ['postgres', 'SIGTERM'],
  ['own pool', 'SIGTERM'],
  ['own pool', 'close'],
  ['own stores', 'SIGTERM'],
] as const;

describe.each(platforms)('an app on %s that is stopped under load', (platform) => {
  it.each(KINDS)(
    'loses nothing that was answered: %s, %s',
    async (kind, how) => {
      const isFile = kind === 'sqlite' || kind === 'own stores';
      const place = isFile ? join(folder, `${platform} ${kind} ${how}.db`) : server.url;
      const { child, url, output } = await start(platform, kind, place);
      const made = (await post(`${url}/keys`, undefined, { name: 'used' })) as CreatedApiKey;
      const load = new Load(url);
      await load.enough;
      await post(`${url}/use`, undefined, {}, { 'x-api-key': made.key });
      const exited = once(child, 'exit');
      if (how === 'close') child.send('close');
      else child.kill('SIGTERM');
      await load.over;
      load.end();
      expect(await exited).toEqual(how === 'close' ? [0, null] : [null, 'SIGTERM']);
      expect(output()).toBe('');

      const stores = isFile ? sqlite({ file: place }).open() : postgres({ url: place }).open();
      const audited = await auditedKeys(stores);
      const used = await stores.apiKeys.findById(made.id);
      await stores.close();
      expect(load.answered.filter(({ id }) => !audited.has(id))).toEqual([]);
      expect(used?.lastUsedFrom).toBe('127.0.0.1');
    },
    60_000,
  );

  it('does not wait for clients that have asked nothing', async () => {
    const { child, url, output } = await start(platform, 'sqlite', join(folder, `${platform} silent.db`));
    const clients = ['', 'GET / HTTP/1.1\r\n'].map((words) => {
      const client = connect(Number(new URL(url).port), '127.0.0.1');
      client.write(words);
      return client;
    });
    await Promise.all(clients.map((client) => once(client, 'connect')));
    await post(`${url}/keys`, undefined, { name: 'after them' });
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await Promise.all(clients.map((client) => once(client.resume(), 'close')));
    expect(await exited).toEqual([null, 'SIGTERM']);
    expect(output()).toBe('');
  });
});
