import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { postgresUser } from '../services/postgres-cluster.js';
import { freePort } from './free-port.js';
import { noteTested } from './tested-engine.js';

/** Milliseconds. */
const PATIENCE = 20_000;

/** For many questions at once: on a busy machine some wait for a connection longer than an app should. */
export const PATIENT = { connectTimeout: 30_000, statementTimeout: 30_000 } as const;

/** The folder of PostgreSQL's programs; tests that need them fail where there are none. */
function programs(): string {
  const found = process.env.PORTCULLIS_POSTGRES;
  if (found) return found;
  throw new Error('A PostgreSQL has to be started here: install it (Debian: apt-get install postgresql)');
}

/** A PostgreSQL of its own, with a user whose password is `hunter2`, and whose texts are ordered as in a dictionary. */
export class PostgresServer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'portcullis-postgres-'));
  readonly #programs: string;
  readonly #user = postgresUser();
  readonly #port: number;
  readonly #settings: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(folder: string, port: number, settings: readonly string[]) {
    this.#programs = folder;
    this.#port = port;
    this.#settings = settings;
  }

  /** @param settings such as `fsync=on`; by default it is off, for speed */
  static async start(...settings: string[]): Promise<PostgresServer> {
    const server = new PostgresServer(programs(), await freePort(), settings);
    try {
      server.#make();
      await server.run();
      const version = execFileSync(join(server.#programs, 'postgres'), ['--version'], { encoding: 'utf8' });
      noteTested('PostgreSQL', /\d\S*/.exec(version)?.[0] ?? version);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  get url(): string {
    return `postgres://tester:hunter2@127.0.0.1:${this.#port}/postgres`;
  }

  /** Starts it, again too, on the same port; resolves when it takes connections. */
  async run(): Promise<void> {
    const deadline = performance.now() + PATIENCE;
    // The processes of one that was killed take a moment to see it, and until then a new one refuses to start.
    while (!(await this.#attempt())) {
      if (performance.now() > deadline) throw new Error('PostgreSQL does not start');
      await setTimeout(50);
    }
  }

  /** At once, as the system does when memory runs out. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGQUIT');
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  #make(): void {
    if (this.#user) chownSync(this.#folder, this.#user.uid, this.#user.gid);
    const cluster = process.env.PORTCULLIS_POSTGRES_CLUSTER ?? '';
    execFileSync('cp', ['-R', cluster, this.#data], { cwd: this.#folder, ...this.#user });
  }

  async #attempt(): Promise<boolean> {
    const settings = ['listen_addresses=127.0.0.1', 'fsync=off', 'max_connections=60', ...this.#settings];
    const child = spawn(
      join(this.#programs, 'postgres'),
      [
        '-D',
        this.#data,
        '-p',
        `${this.#port}`,
        '-k',
        this.#folder,
        ...settings.flatMap((one) => ['-c', one]),
      ],
      { cwd: this.#folder, stdio: ['ignore', 'ignore', 'pipe'], ...this.#user },
    );
    this.#process = child;
    const ended = once(child, 'close').then(() => false);
    const ready = new Promise<boolean>((resolve) => {
      let output = '';
      child.stderr?.on('data', (text) => {
        output += text;
        if (/ready to accept (read-only )?connections/.test(output)) resolve(true);
      });
    });
    return Promise.race([ended, ready]);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}
