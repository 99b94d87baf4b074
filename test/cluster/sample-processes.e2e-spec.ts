import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandsOf, screenOf, start } from '../support/sample-process.js';

type Headers = Record<string, string>;

/** One process of the sample, and its admin. */
class Instance {
  private constructor(
    readonly url: string,
    readonly key: string,
    private readonly child: ReturnType<typeof start>,
    private readonly admin: Headers,
  ) {}

  static async in(folder: string): Promise<Instance> {
    const child = start({ DATA: folder, TRUSTED_PROXIES: '127.0.0.1' });
    const screen = await screenOf(child);
    const url = /http:\S+(?= \(API)/.exec(screen)?.[0] as string;
    const key = /^KEY=(\S+)$/m.exec(commandsOf(screen).join('\n'))?.[1] as string;
    const password = /^admin +(\S+)/m.exec(screen)?.[1] as string;
    const login = await fetch(`${url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'admin', password }),
    });
    const { access_token: token } = (await login.json()) as { access_token: string };
    return new Instance(url, key, child, { authorization: `Bearer ${token}` });
  }

  /** Does something that is an admin's to do. */
  async administer<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(this.url + path, {
      method,
      headers: { ...this.admin, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    expect(response.status).toBeLessThan(300);
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** The status that a client at an address gets. */
  async statusAt(address: string): Promise<number> {
    const response = await fetch(`${this.url}/health`, { headers: { 'x-forwarded-for': address } });
    return response.status;
  }

  async statusWith(key: string): Promise<number> {
    return (await fetch(`${this.url}/reports/volume`, { headers: { 'x-api-key': key } })).status;
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
  }
}

/** Asks again until it is so; the test's own time limit ends it otherwise. */
async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo()));
}

describe('processes of the sample that share a folder', () => {
  let folder: string;
  let instances: Instance[];
  const run = async () => {
    const instance = await Instance.in(folder);
    instances.push(instance);
    return instance;
  };
  beforeEach(async () => {
    instances = [];
    folder = await mkdtemp(join(tmpdir(), 'portcullis-cluster-'));
  });
  afterEach(async () => {
    await Promise.all(instances.map((instance) => instance.stop('SIGTERM')));
    await rm(folder, { recursive: true });
  });

  it('hold what one of them bans, and let in whom another one lets in', async () => {
    const [one, two, three] = [await run(), await run(), await run()];
    const ban = { network: '203.0.113.7', reason: 'scanners' };
    const { id } = await one.administer<{ id: string }>('POST', '/admin/bans', ban);
    expect(await one.statusAt('203.0.113.7')).toBe(403);
    for (const other of [two, three])
      await eventually(async () => (await other.statusAt('203.0.113.7')) === 403);
    await three.administer('DELETE', `/admin/bans/${id}`);
    for (const other of [one, two])
      await eventually(async () => (await other.statusAt('203.0.113.7')) === 200);
  }, 60_000);

  it('refuse a key that one of them revokes, remembered or not', async () => {
    const [one, two, three] = [await run(), await run(), await run()];
    for (const instance of [one, two, three]) expect(await instance.statusWith(one.key)).toBe(200);
    const [, id] = /_live_([^_]+)_/.exec(one.key) as RegExpExecArray;
    await two.administer('DELETE', `/admin/api-keys/${id}`);
    expect(await two.statusWith(one.key)).toBe(401);
    for (const other of [one, three]) await eventually(async () => (await other.statusWith(one.key)) === 401);
    expect(await three.statusWith(two.key)).toBe(200);
  }, 60_000);

  it('know after a kill what was answered before it', async () => {
    const one = await run();
    await one.administer('POST', '/admin/bans', { network: '203.0.113.7', reason: 'scanners' });
    const [, id] = /_live_([^_]+)_/.exec(one.key) as RegExpExecArray;
    await one.administer('DELETE', `/admin/api-keys/${id}`);
    await one.stop('SIGKILL');
    const next = await run();
    expect(await next.statusAt('203.0.113.7')).toBe(403);
    expect(await next.statusWith(one.key)).toBe(401);
  }, 60_000);
});
