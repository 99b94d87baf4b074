import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answers, ForeignProgram } from './foreign-program.js';

/** Where Debian keeps the modules. */
const MODULES = '/usr/lib/apache2/modules';
const NEEDED = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'headers', 'auth_openidc'];

/** An Apache as a relying party: what it shows is for those who have logged in at the issuer. */
export class Apache {
  readonly url: string;
  readonly #program = new ForeignProgram('apache', 'errors.log');

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
    mkdirSync(join(this.#program.folder, 'pages'));
    // It serves as another user where root starts it.
    for (const path of [this.#program.folder, join(this.#program.folder, 'pages')]) chmodSync(path, 0o755);
    writeFileSync(join(this.#program.folder, 'pages/index.html'), 'What is shown to users');
    const file = join(this.#program.folder, 'apache.conf');
    writeFileSync(file, this.#configuration(settings), { mode: 0o600 });
    const isReady = () => answers(fetch(this.url, { redirect: 'manual' }));
    await this.#program.start(program, ['-f', file, '-D', 'FOREGROUND'], isReady);
  }

  /** What it has said and written down so far. */
  get log(): string {
    return this.#program.log;
  }

  stop(): Promise<void> {
    return this.#program.stop();
  }

  #configuration(settings: Readonly<Record<string, string>>): string {
    const openid = Object.entries({ ...settings, RedirectURI: `${this.url}/callback` });
    return [
      ...NEEDED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`),
      `Listen 127.0.0.1:${this.port}`,
      'ServerName 127.0.0.1',
      `ServerRoot ${this.#program.folder}`,
      `PidFile ${this.#program.folder}/apache.pid`,
      `ErrorLog ${this.#program.folder}/errors.log`,
      ...(process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : []),
      'StartServers 1',
      'ThreadsPerChild 5',
      'MaxRequestWorkers 10',
      `DocumentRoot ${this.#program.folder}/pages`,
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
