import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pgbouncerProgram } from '../services/programs.js';
import { freePort } from './free-port.js';

/** A PgBouncer in transaction mode, in front of a PostgreSQL of a test's own; whoever connects is the server's `tester`. */
export class PgBouncerServer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'portcullis-pgbouncer-'));
  readonly #program: string;
  #child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    server: URL,
  ) {
    const program = pgbouncerProgram();
    if (program === undefined)
      throw new Error('A PgBouncer has to be started here: install it (Debian: apt-get install pgbouncer)');
    this.#program = program;
    const { hostname, port: serverPort, username, password } = server;
    const settings = [
      '[databases]',
      `* = host=${hostname} port=${serverPort} user=${username} password=${password}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = any',
      'pool_mode = transaction',
      'max_client_conn = 200',
      // A server that is away is tried again soon.
      'server_login_retry = 1',
    ];
    writeFileSync(join(this.#folder, 'pgbouncer.ini'), settings.join('\n'));
    // It refuses to run as the superuser, and reads this as somebody else.
    chmodSync(this.#folder, 0o755);
  }

  /** @param url of the PostgreSQL behind it */
  static async start(url: string): Promise<PgBouncerServer> {
    const server = new PgBouncerServer(await freePort(), new URL(url));
    await server.run();
    return server;
  }

  get url(): string {
    return `postgres://tester:hunter2@127.0.0.1:${this.port}/postgres`;
  }

  /** Starts it, again too, on the same port; resolves when it takes connections. */
  async run(): Promise<void> {
    const user = process.getuid?.() === 0 ? ['-u', 'postgres'] : [];
    const child = spawn(this.#program, [...user, join(this.#folder, 'pgbouncer.ini')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    let output = '';
    const ended = once(child, 'close').then(() => {
      throw new Error(`PgBouncer has ended: ${output}`);
    });
    const isUp = new Promise<void>((resolve) => {
      child.stderr.on('data', (text) => {
        output += text;
        if (/process up/.test(output)) resolve();
      });
    });
    await Promise.race([isUp, ended]);
    ended.catch(() => {});
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true });
  }
}
