import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.js';
import { ForeignProgram } from './foreign-program.js';

/** Debian's agent, which keeps the tokens of whoever works at a terminal, with a folder of its own. */
export class OidcAgent {
  readonly #agent = new ForeignProgram('oidc-agent');
  readonly #socket = join(this.#agent.folder, 'socket');

  async start(): Promise<void> {
    const options = ['--console', '--socket-path', this.#socket, '--no-webserver'];
    const isReady = () => existsSync(this.#socket);
    await this.#agent.start(program('oidc-agent'), options, isReady, this.#environment);
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

  stop(): Promise<void> {
    return this.#agent.stop();
  }

  #spawn(name: string, ...options: readonly string[]): ChildProcess {
    return spawn(program(name), options, { env: this.#environment, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  get #environment() {
    const { folder } = this.#agent;
    return { ...process.env, HOME: folder, OIDC_CONFIG_DIR: folder, OIDC_SOCK: this.#socket };
  }
}

function program(name: string): string {
  const folder = process.env.PORTCULLIS_OIDC_AGENT;
  if (folder) return join(folder, name);
  throw new Error('oidc-agent has to be started here: install it (Debian: apt-get install oidc-agent-cli)');
}
