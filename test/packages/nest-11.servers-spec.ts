import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import { SHORT_LIVED } from '../services/short-lived.js';
import { repository } from '../support/pages.js';

// A compiler and a test runner of its own start here, of which each takes ten seconds where nothing else runs.
jest.setTimeout(300_000);

const APP = join(repository, 'test/fixtures/nest-11-app');
/** Without Jest's own options, and without those of an npm that runs the tests. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name !== 'NODE_OPTIONS' && !/^npm_/i.test(name)),
);

let folder: string;
let app: string;
let tarballs: string[];

const run = async (program: string, ...args: readonly string[]): Promise<string> => {
  const { stdout } = await promisify(execFile)(program, [...args], { cwd: app, env });
  return stdout;
};
const npm = (...args: readonly string[]) =>
  run('npm', ...args, '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error');
const installTarballs = (...names: readonly string[]) =>
  npm('install', ...tarballs.filter((file) => names.some((name) => file.includes(`portcullis-${name}-`))));
const node = (...args: readonly string[]) => run(process.execPath, ...SHORT_LIVED, ...args);
/** What the app has installed: npx takes half a second to find it. */
const installed = (program: string, ...args: readonly string[]) =>
  node(join(app, 'node_modules/.bin', program), ...args);

/**
 * An app in CommonJS, as it was made with Nest 11: nothing of it knows that we are ES modules. npm's registry is asked for what it
 * needs, as by `npm ci`.
 */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-nest-11-'));
  app = join(folder, 'app');
  cpSync(APP, app, { recursive: true });
  const names = ['auth', 'cli', 'oauth', 'passkeys', 'redis', 'sql', 'testing'];
  const libs = names.flatMap((name) => ['--workspace', `libs/${name}`]);
  await promisify(execFile)('npm', ['pack', '--silent', '--pack-destination', folder, ...libs], {
    cwd: repository,
    env,
  });
  tarballs = readdirSync(folder)
    .filter((name) => name.endsWith('.tgz'))
    .map((name) => join(folder, name));
  await installTarballs('auth', 'oauth', 'passkeys', 'redis', 'sql', 'testing');
  await installed('tsc', '-p', 'tsconfig.json');
});
afterAll(() => rmSync(folder, { recursive: true }));

it('has Nest 11 still', async () => {
  const { dependencies, problems } = JSON.parse(await npm('ls', '--json', '@nestjs/core', '@nestjs/common'));
  expect(dependencies['@nestjs/core'].version).toMatch(/^11\./);
  expect(problems).toBeUndefined();
});

it('compiles by the older settings, too, which know no exports', async () => {
  expect(await installed('tsc', '-p', 'tsconfig.commonjs.json')).toBe('');
});

it.each(['express', 'fastify'])('guards its routes on %s', async (adapter) => {
  // Ahead of it stands what it has to say of an issuer that is away.
  const [last = ''] = (await node('dist/main.js', adapter)).trim().split('\n').slice(-1);
  expect(JSON.parse(last)).toEqual({
    statuses: [401, 200, 401, 200],
    rpId: 'parcels.example',
    server: 200,
    elsewhere: 503,
    missing: 'postgres: the package pg is not installed; npm install pg',
  });
});

it('is tested by ts-jest', async () => {
  await installed('jest');
});

it('takes the command as well', async () => {
  await installTarballs('cli');
  expect(await run('npx', 'portcullis', 'scan', 'src')).toBe('');
});
