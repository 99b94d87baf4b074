import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answers, ForeignProgram } from './foreign-program.js';
import { freePort } from './free-port.js';
import { fetchOverTls, testTls } from './tls.js';

/** A Caddy that ends TLS, with the certificate of tests, in front of an app. */
export class Caddy {
  readonly #program = new ForeignProgram('caddy');

  /** @param appPort where the app listens, or will */
  async start(appPort: number): Promise<string> {
    const file = process.env.PORTCULLIS_CADDY;
    if (!file) throw new Error('A Caddy has to be started here: install it (Debian: apt-get install caddy)');
    const url = `https://127.0.0.1:${await freePort()}`;
    const { folder } = this.#program;
    for (const [name, text] of Object.entries({ ...testTls, Caddyfile: configuration(url, appPort) }))
      writeFileSync(join(folder, name), text, { mode: 0o600 });
    const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
    const isReady = () => answers(fetchOverTls(url));
    await this.#program.start(file, ['run', '--config', 'Caddyfile'], isReady, env);
    return url;
  }

  stop(): Promise<void> {
    return this.#program.stop();
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
