import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from '../support/pages.js';
import { platforms } from '../support/platforms.js';
import { commandsOf, screenOf, start, withSeparators } from '../support/sample-process.js';

const BUILT = join(repository, 'apps/sample/dist/main.js');

describe.each(platforms)('the built sample on %s', (adapter) => {
  it('prints one screen, whose every line does what its note says', async () => {
    const child = start({ ADAPTER: adapter }, BUILT);
    try {
      const screen = await screenOf(child);
      expect(screen.split('\n').length).toBeLessThanOrEqual(40);

      const docs = /API docs: (\S+)\)/.exec(screen)?.[1] ?? '';
      expect(await (await fetch(docs)).text()).toContain('swagger-ui');
      expect(screen).toMatch(/add a passkey.*: http:\S+\/login\n/);
      expect(await (await fetch(docs.replace('docs', 'login'))).text()).toContain('Log in with a passkey');
      expect(screen).toMatch(
        /act for you: npm run demo:client -- http:\S+; .*: npm run demo:iot -- http:\S+\n/,
      );
      const script = screen.slice(screen.indexOf('curl'));
      const { stdout } = await promisify(execFile)('bash', [
        '-e',
        '-c',
        `exec 2>&1; ${withSeparators(script)}`,
      ]);
      const answers = stdout.split('\u0001').map((answer) => answer.trim());
      const answerTo = (command: RegExp) => {
        const index = commandsOf(script).findIndex((line) => command.test(line));
        return index === -1 ? undefined : answers[index];
      };
      expect(answerTo(/\/health .*open/)).toContain('{"status":"ok"}');
      expect(answerTo(/\/track\//)).toContain('"state":"registered"');
      expect(answerTo(/needs parcels:read/)).toContain('Ada Lovelace');
      expect(answerTo(/needs parcels:write/)).toContain('Grace Hopper');
      expect(answerTo(/an app, no user/)).toContain('"depot":"depot-north"');
      expect(answerTo(/an app and a user/)).toContain('"driver":"driver"');
      expect(answerTo(/an app or a user/)).toContain('"handedOver":1');
      expect(answerTo(/401 with a challenge/)).toMatch(/401[\s\S]*www-authenticate: Bearer realm="api"/i);
      expect(answerTo(/403 naming the scope/)).toMatch(/403[\s\S]*scope="reports:read"/);
      expect(answerTo(/make a key/)).toContain('"key":"parcel_live_');
      expect(answerTo(/the script's turn/)).toContain('Ada Lovelace');
      expect(answerTo(/asks for a second factor/)).toMatch(/401[\s\S]*acr_values="mfa", max_age="300"/);
      expect(answerTo(/revoke own tokens/)).toContain('"type":"user"');
      expect(answerTo(/401: no longer good/)).toMatch(/401[\s\S]*invalid_token/);
      expect(answerTo(/404 until banned/)).toMatch(/^(404 ?){2,}(403 ?)+$/);
      expect(answerTo(/# 403$/)).toMatch(/403[\s\S]*retry-after: (600|59\d)/i);
      expect(answerTo(/let in again/)).toContain('127.0.0.1/32');
    } finally {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  }, 60_000);
});

describe('a start that fails', () => {
  it.each([
    ['a port that is none', { PORT: 'http' }, /^PORT must be a whole number/],
    ['an adapter that is none', { ADAPTER: 'koa' }, /^ADAPTER must be one of express, fastify/],
    ['a proxy that is none', { TRUSTED_PROXIES: 'everybody' }, /^trustedProxies: /],
  ])('says so in one line: %s', async (_, env, line) => {
    const child = start(env as Record<string, string>);
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    expect(child.output()).toMatch(line);
    expect(child.output().trim().split('\n')).toHaveLength(1);
  });

  it('says that the port is taken', async () => {
    const occupant = createServer().listen(0, '127.0.0.1');
    await once(occupant, 'listening');
    const { port } = occupant.address() as { port: number };
    const child = start({ PORT: String(port) });
    const [code] = await once(child, 'close');
    occupant.close();
    expect(code).toBe(1);
    expect(child.output()).toMatch(/^Cannot listen: .*EADDRINUSE.*set PORT to a free one.*\n$/);
  });
});
