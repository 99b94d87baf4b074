import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { RedisConnection } from '@portcullis/redis';
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';

const required = process.env.PORTCULLIS_REQUIRE_SERVICES === '1';

/** Tests against a real Redis. Without one on this machine they are skipped, unless the environment says that there has to be one. */
export function describeRedis(name: string, tests: () => void): void {
  if (required || isInstalled()) describe(name, tests);
  else describe.skip(`${name} (skipped: there is no redis-server on this machine)`, tests);
}

function isInstalled(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A Redis of a test's own, on a free port, with a folder of its own. */
export class RedisServer {
  #child: ChildProcess | undefined;
  readonly #connections: RedisConnection[] = [];

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly settings: readonly string[],
  ) {}

  /**
   * Starts a server that keeps nothing on disk.
   *
   * @param settings in the form of its command line, such as `--appendonly yes`
   */
  static async start(...settings: readonly string[]): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'portcullis-redis-'));
    const server = new RedisServer(await freePort(), folder, settings);
    await server.run();
    return server;
  }

  /** Starts a Cluster of one server. */
  static async startCluster(): Promise<RedisServer> {
    const server = await RedisServer.start('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1');
    const redis = server.connect();
    await redis.cluster('ADDSLOTSRANGE', 0, 16_383);
    await eventually(async () => String(await redis.cluster('INFO')).includes('cluster_state:ok'));
    return server;
  }

  /** Starts a Sentinel that watches this server and its replicas under the name of `main`, and replaces it within a second or two. */
  async startSentinel(): Promise<RedisServer> {
    const sentinel = new RedisServer(
      await freePort(),
      await mkdtemp(join(tmpdir(), 'portcullis-redis-')),
      [],
    );
    const settings = [
      `port ${sentinel.port}`,
      'bind 127.0.0.1',
      `dir ${sentinel.folder}`,
      `sentinel monitor main 127.0.0.1 ${this.port} 1`,
      'sentinel down-after-milliseconds main 300',
      'sentinel failover-timeout main 3000',
    ];
    const file = join(sentinel.folder, 'sentinel.conf');
    await writeFile(file, settings.join('\n'));
    await sentinel.#launch([file, '--sentinel']);
    return sentinel;
  }

  /** Starts it on the port that it has had; what it has kept on disk is there again. */
  async run(): Promise<void> {
    const own = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.folder, '--save', ''];
    await this.#launch([...own, ...this.settings]);
  }

  async #launch(settings: readonly string[]): Promise<void> {
    this.#child = spawn('redis-server', settings, { stdio: 'ignore' });
    await once(this.#child, 'spawn');
    const probe = new Redis({ port: this.port, retryStrategy: () => 20, maxRetriesPerRequest: 500 });
    probe.on('error', () => {});
    await probe.ping();
    probe.disconnect();
    await once(probe, 'end');
  }

  /** Connections of the tests; they are closed with the server. */
  connect(options: Omit<RedisOptions, 'replyMapping'> = {}): Redis {
    return this.#kept(new Redis({ port: this.port, disconnectTimeout: 50, ...options }));
  }

  /** A connection whose settings would get in the way of whoever reads over one like it and waits. */
  connectOddly(): Redis<'resp3'> {
    return this.#kept(
      new Redis({
        ...{ port: this.port, replyMapping: 'resp3', stringNumbers: true, lazyConnect: true },
        ...{ commandTimeout: 300, enableAutoPipelining: true, autoResendUnfulfilledCommands: true },
      }),
    );
  }

  /** A connection to it as a Cluster, which it has to be set up as. */
  connectCluster(options: Omit<ClusterOptions, 'redisOptions'> = {}): Cluster {
    return this.#kept(new Cluster([{ host: '127.0.0.1', port: this.port }], options));
  }

  /** Ends it at once, as a power cut does. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Holds its breath: connections stay, and nothing is answered. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    for (const connection of this.#connections) connection.disconnect();
    await this.kill();
    await rm(this.folder, { recursive: true });
  }

  #kept<Kept extends RedisConnection>(connection: Kept): Kept {
    (connection as Redis).on('error', () => {});
    this.#connections.push(connection);
    return connection;
  }
}

/** Looks again and again, for at most ten seconds, until something is so. */
export async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('This never came to be');
    await pause(5);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
