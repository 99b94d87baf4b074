import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { RedisConnections } from './redis-connections.js';

/** The path of the program; tests that need it fail where there is none. */
function program(): string {
  const found = process.env.PORTCULLIS_REDIS;
  if (found) return found;
  throw new Error('A Redis has to be started here: install it (Debian: apt-get install redis-server)');
}

/** A Redis of a test's own, on a free port, with a folder of its own. */
export class RedisServer extends RedisConnections {
  readonly #program = program();
  readonly #folder = mkdtempSync(join(tmpdir(), 'portcullis-redis-'));
  #child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly settings: readonly string[],
  ) {
    super(`redis://127.0.0.1:${port}`);
  }

  /**
   * Starts a server that keeps nothing on disk.
   *
   * @param settings in the form of its command line, such as `--appendonly yes`
   */
  static async start(...settings: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), settings);
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
    const sentinel = new RedisServer(await freePort(), []);
    const settings = [
      `port ${sentinel.port}`,
      'bind 127.0.0.1',
      `dir ${sentinel.#folder}`,
      `sentinel monitor main 127.0.0.1 ${this.port} 1`,
      'sentinel down-after-milliseconds main 300',
      'sentinel failover-timeout main 3000',
    ];
    const file = join(sentinel.#folder, 'sentinel.conf');
    await writeFile(file, settings.join('\n'));
    await sentinel.#launch([file, '--sentinel']);
    return sentinel;
  }

  /** Starts it on the port that it has had; what it has kept on disk is there again. */
  async run(): Promise<void> {
    const own = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.#folder, '--save', ''];
    await this.#launch([...own, ...this.settings]);
  }

  async #launch(settings: readonly string[]): Promise<void> {
    this.#child = spawn(this.#program, settings, { stdio: 'ignore' });
    await once(this.#child, 'spawn');
    try {
      await this.answers();
    } catch (error) {
      // Nobody else will know of it.
      await this.stop();
      throw error;
    }
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
    this.disconnect();
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}
