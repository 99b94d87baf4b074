import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.js';

/** Debian's agent, which keeps the tokens of whoever works at a terminal, with a folder of its own. */
export class OidcAgent {
  readonly #folder = mkdtempSync(join(tmpdir(), 'portcullis-oidc-agent-'));
  readonly #socket = join(this.#folder, 'socket');
  #child: ChildProcess | undefined;

  async start(): Promise<void> {
    const child = this.#spawn('oidc-agent', '--console', '--socket-path', this.#socket, '--no-webserver');
    this.#child = child;
    child.stdout?.resume();
    child.stderr?.resume();
    await once(child, 'spawn');
    await eventually(() => existsSync(this.#socket));
  }

  /**
   * Gets an account by the device flow.
   *
   * @param type what its user does with the code that is shown
   * @returns what was said at the end
   */
  async logIn(account: string, options: readonly string[], type: (code: string) => unknown): Promise<string> {
    const child = this.#spawn('oidc-gen', account, '--flow=device', '--no-save', '--confirm-yes', ...options);
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (piece: Buffer) => {
        said += piece;
      });
    const ended = once(child, 'exit');
    await eventually(() => /\b[A-Z]{4}-[A-Z]{4}\b/.test(said) || child.exitCode !== null);
    const [code] = /\b[A-Z]{4}-[A-Z]{4}\b/.exec(said) ?? [];
    if (code === undefined) throw new Error(`oidc-gen has shown no code: ${said}`);
    await type(code);
    await ended;
    return said;
  }

  /** The access token of an account, as scripts ask for it. */
  async token(account: string, ...options: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(program('oidc-token'), [...options, account], {
      env: this.#environment,
    });
    return stdout.trim();
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await rm(this.#folder, { recursive: true });
  }

  #spawn(name: string, ...options: readonly string[]): ChildProcess {
    return spawn(program(name), options, { env: this.#environment, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  get #environment() {
    return { ...process.env, HOME: this.#folder, OIDC_CONFIG_DIR: this.#folder, OIDC_SOCK: this.#socket };
  }
}

function program(name: string): string {
  const folder = process.env.PORTCULLIS_OIDC_AGENT;
  if (folder) return join(folder, name);
  throw new Error('oidc-agent has to be started here: install it (Debian: apt-get install oidc-agent-cli)');
}
