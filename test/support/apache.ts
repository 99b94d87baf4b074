import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';

/** Where Debian keeps the modules. */
const MODULES = '/usr/lib/apache2/modules';
const NEEDED = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'headers', 'auth_openidc'];

/** An Apache as a relying party: what it shows is for those who have logged in at the issuer. */
export class Apache {
  readonly url: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'portcullis-apache-'));
  #child: ChildProcess | undefined;

  constructor(readonly port: number) {
    this.url = `http://127.0.0.1:${port}`;
  }

  /** @param settings of `mod_auth_openidc` besides where it comes back to */
  async start(settings: Readonly<Record<string, string>>): Promise<void> {
    const program = process.env.PORTCULLIS_APACHE;
    if (!program)
      throw new Error(
        'An Apache has to be started here: install it (Debian: apt-get install apache2 libapache2-mod-auth-openidc)',
      );
    mkdirSync(join(this.#folder, 'pages'));
    // It serves as another user where root starts it.
    for (const path of [this.#folder, join(this.#folder, 'pages')]) chmodSync(path, 0o755);
    writeFileSync(join(this.#folder, 'pages/index.html'), 'What is shown to users');
    const file = join(this.#folder, 'apache.conf');
    writeFileSync(file, this.#configuration(settings), { mode: 0o600 });
    this.#child = spawn(program, ['-f', file, '-D', 'FOREGROUND'], { stdio: 'ignore' });
    await once(this.#child, 'spawn');
    await eventually(() => {
      if (this.#child?.exitCode !== null) throw new Error(`Apache has ended: ${this.log}`);
      return fetch(this.url, { redirect: 'manual' }).then(
        () => true,
        () => false,
      );
    });
  }

  /** What it has written down so far. */
  get log(): string {
    return readFileSync(join(this.#folder, 'errors.log'), 'utf8');
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await rm(this.#folder, { recursive: true });
  }

  #configuration(settings: Readonly<Record<string, string>>): string {
    const openid = Object.entries({ ...settings, RedirectURI: `${this.url}/callback` });
    return [
      ...NEEDED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`),
      `Listen 127.0.0.1:${this.port}`,
      'ServerName 127.0.0.1',
      `ServerRoot ${this.#folder}`,
      `PidFile ${this.#folder}/apache.pid`,
      `ErrorLog ${this.#folder}/errors.log`,
      ...(process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : []),
      'StartServers 1',
      'ThreadsPerChild 5',
      'MaxRequestWorkers 10',
      `DocumentRoot ${this.#folder}/pages`,
      ...openid.map(([name, value]) => `OIDC${name} "${value}"`),
      // As browsers say that they open a page, which `fetch` can not: what a script asks for is not led to a login.
      'RequestHeader set Sec-Fetch-Mode navigate early',
      '<Location />',
      'AuthType openid-connect',
      'Require valid-user',
      'Header set X-User "expr=%{REMOTE_USER}"',
      '</Location>',
      '<Location /bye>',
      'AuthType none',
      'Require all granted',
      '</Location>',
    ].join('\n');
  }
}
