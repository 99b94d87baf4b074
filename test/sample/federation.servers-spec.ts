import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runClientDemo } from '../../apps/sample/src/demo/client/client-demo.js';
import { oneChromium } from '../support/chromium.js';
import { repository } from '../support/pages.js';
import { platforms } from '../support/platforms.js';
import { commandsOf, withSeparators } from '../support/sample-process.js';
import { logInAt, visitor } from './sample-pages.js';

const MAIN = join(repository, 'apps/sample/dist/demo/federation/main.js');

const browser = oneChromium();

describe.each(platforms)('two apps that are federated on %s', (adapter) => {
  let child: ChildProcess;
  let screen = '';
  let parcels: string;
  let depots: string;
  let password: string;
  beforeAll(async () => {
    child = spawn(process.execPath, [MAIN], { env: { ...process.env, NODE_OPTIONS: '', ADAPTER: adapter } });
    screen = await printedBy(child);
    const found = (pattern: RegExp) => pattern.exec(screen)?.[1] ?? '';
    parcels = found(/^Parcel delivery, .*: (http\S+)$/m);
    depots = found(/^Depots .*: (http\S+)$/m);
    password = found(/ with (\S+)\.$/m);
  }, 60_000);
  afterAll(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  });

  it('take tokens of each other for what they are meant for, and nothing else', async () => {
    const script = screen.slice(screen.indexOf('ROBOT='));
    const { stdout } = await promisify(execFile)('bash', [
      '-e',
      '-c',
      `exec 2>&1; ${withSeparators(script)}`,
    ]);
    const answers = stdout.split('\u0001').map((answer) => answer.trim());
    commandsOf(script).forEach((command, index) => {
      const status = /# (\d{3}): /.exec(command)?.[1];
      if (status !== undefined)
        expect([command, answers[index]]).toEqual([command, expect.stringMatching(`^HTTP/1.1 ${status} `)]);
    });
    expect(answers.filter((answer) => answer.startsWith('HTTP'))).toHaveLength(5);
    expect(answers.find((answer) => answer.includes('Ada Lovelace'))).toBeDefined();
  }, 60_000);

  it('let people of the first log in at the second, in a browser', async () => {
    const { context, page, complaints } = await visitor(browser());
    await page.goto(`${depots}/login`);
    await page.getByRole('button', { name: 'Log in with Parcel delivery' }).click();
    await page.getByText('Log in to go on to').waitFor();
    expect(new URL(page.url()).origin).toBe(parcels);
    expect(await page.locator('#client').textContent()).toBe('Partner depots');
    await logInAt(page, { username: 'dispatcher', password });
    await page.locator('#allow').click();
    await page.locator('#account').waitFor();
    expect(page.url()).toBe(`${depots}/login`);
    expect(await page.locator('#subject').textContent()).toBe('parcels:dispatcher');
    expect(await page.locator('#methods').textContent()).toBe('fed');

    // What has come back is used up, and the next time nobody is asked anything.
    await page.reload();
    await page.getByRole('button', { name: 'Log in with Parcel delivery' }).click();
    await page.locator('#account').waitFor();
    expect(await page.locator('#sessions li').count()).toBe(2);

    // Whoever declines there is told here.
    await page.context().clearCookies();
    await page.goto(`${depots}/login`);
    await page.getByRole('button', { name: 'Log in with Parcel delivery' }).click();
    await page.getByText('Log in to go on to').waitFor();
    await page.goto(`${depots}/login?error=account_link_required&provider=parcels`);
    await page.getByText('Nobody here is linked').waitFor();
    expect(page.url()).toBe(`${depots}/login`);
    await context.close();
    expect(complaints).toEqual([]);
  }, 60_000);

  it('let a client of the second have its people log in at the first', async () => {
    const { context, page, complaints } = await visitor(browser());
    const lines: string[] = [];
    let opened: Promise<unknown> = Promise.resolve();
    const agree = async (url: string) => {
      // Whoever clicks before the page knows what they log in for comes back to it all the same.
      let answer = () => {};
      const clicked = new Promise<void>((resolve) => {
        answer = resolve;
      });
      await page.route('**/oauth/interaction/*/details', (route) => clicked.then(() => route.continue()));
      await page.goto(url);
      await page.getByRole('button', { name: 'Log in with Parcel delivery' }).click();
      answer();
      await page.waitForURL(`${parcels}/login?**`);
      await logInAt(page, { username: 'dispatcher', password });
      await page.waitForURL(`${depots}/consent?**`);
      await page.locator('#allow').click();
      await page.getByText('You can close this page').waitFor();
    };
    await runClientDemo({ issuer: depots }, (line) => {
      lines.push(line);
      if (line.startsWith(depots)) opened = agree(line);
    });
    await opened;
    expect(lines.at(-2)).toBe('parcels:dispatcher has allowed it: a token with parcels:read');
    expect(lines.at(-1)).toContain(': 200 ');
    await context.close();
    expect(complaints).toEqual([]);
  }, 60_000);
});

async function printedBy(child: ChildProcess): Promise<string> {
  let output = '';
  const { stdout, stderr } = child;
  stderr?.on('data', (text) => {
    output += text;
  });
  const ended = once(child, 'close').then(() => {
    throw new Error(`It has ended: ${output}`);
  });
  ended.catch(() => {});
  stdout?.on('data', (text) => {
    output += text;
  });
  while (!output.includes('comes from elsewhere'))
    await Promise.race([once(stdout as NodeJS.ReadableStream, 'data'), ended]);
  return output;
}
