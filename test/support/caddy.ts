import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { fetchOverTls, testTls } from './tls.js';

/** A Caddy that ends TLS, with the certificate of tests, in front of an app. */
export class Caddy {
  readonly #folder = mkdtempSync(join(tmpdir(), 'portcullis-caddy-'));
  #child: ChildProcess | undefined;

  /** @param appPort where the app listens, or will */
  async start(appPort: number): Promise<string> {
    const program = process.env.PORTCULLIS_CADDY;
    if (!program)
      throw new Error('A Caddy has to be started here: install it (Debian: apt-get install caddy)');
    const url = `https://127.0.0.1:${await freePort()}`;
    for (const [name, text] of Object.entries({ ...testTls, Caddyfile: configuration(url, appPort) }))
      writeFileSync(join(this.#folder, name), text, { mode: 0o600 });
    this.#child = spawn(program, ['run', '--config', 'Caddyfile'], {
      cwd: this.#folder,
      env: { ...process.env, HOME: this.#folder, XDG_DATA_HOME: this.#folder, XDG_CONFIG_HOME: this.#folder },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    this.#child.stderr?.on('data', (piece: Buffer) => {
      log += piece;
    });
    await once(this.#child, 'spawn');
    await eventually(() => {
      if (this.#child?.exitCode !== null) throw new Error(`Caddy has ended: ${log}`);
      return fetchOverTls(url).then(
        () => true,
        () => false,
      );
    });
    return url;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await rm(this.#folder, { recursive: true });
  }
}

/** As its documentation has it, but for what belongs to a machine: certificates, an administration, a store. */
function configuration(url: string, appPort: number): string {
  return `{
  admin off
  auto_https off
}
${url} {
  bind 127.0.0.1
  tls cert key
  reverse_proxy 127.0.0.1:${appPort}
}
`;
}
