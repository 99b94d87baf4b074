import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { INestApplication } from '@nestjs/common';
import { TestCredentials } from '@portcullis/testing';
import { importFrom, layOut, scriptOf } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';
import { commandsOf, withSeparators } from '../support/sample-process.js';

const PAGE = 'docs/quick-start.md';
const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const { AppModule } = await load('app.module.ts');
const script = await scriptOf(PAGE);

afterAll(laidOut.remove);

// The page's example of a test: importing it registers it here.
await load('parcels.e2e-spec.ts');

describe.each(platforms)('the quick start on %s', (platform) => {
  let app: INestApplication;
  let url: string;

  beforeEach(async () => {
    ({ app, url } = await boot(platform, { imports: [AppModule] }));
  });

  afterEach(() => app.close());

  const call = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${url}${path}`, { method, headers });

  it('goes as the comments of its script say', async () => {
    const commands = withSeparators(script.replace(/^URL=.*$/m, `URL=${url}`));
    const { stdout } = await promisify(execFile)('bash', ['-c', `exec 2>/dev/null\n${commands}`]);
    const answers = stdout.split('\u0001').map((answer) => answer.trim());
    const answersTo = (command: string) =>
      answers.filter((_, index) => commandsOf(script)[index]?.startsWith(command));
    expect(answersTo('curl -i')).toEqual([expect.stringMatching(/401[\s\S]*credentials_required/)]);
    expect(answersTo('curl -s $URL/parcels')).toEqual([
      '{"parcelsOf":"ada"}',
      expect.stringContaining('"code":"invalid_token"'),
    ]);
    expect(answersTo('curl -s -X POST $URL/parcels')).toEqual(['{"id":"7","scannedBy":"acme"}']);
    expect(answersTo('curl -s $URL/auth/lock-out')).toEqual(['']);
  });

  it('opens what is public, and logs nobody in by a wrong name or password', async () => {
    expect(await (await call('/parcels/track/7')).json()).toEqual({ code: '7', state: 'on its way' });
    for (const body of [{ name: 'ada', password: 'x' }, { name: 'eve', password: 'correct horse' }, {}]) {
      const headers = { 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: JSON.stringify(body) };
      expect((await fetch(`${url}/auth/login`, init)).status).toBe(401);
    }
  });

  it('welcomes a partner with a key, and says farewell', async () => {
    const root = await new TestCredentials(app).user({ scopes: ['partners:admin'] });
    const json = async (path: string, method: string) =>
      (await (await call(path, root, method)).json()) as Record<string, string>;
    const { key = '', id = '' } = await json('/partners/acme', 'POST');
    expect(key).toMatch(new RegExp(`^parcel_live_${id}_\\w+$`));
    const { key: nextKey = '' } = await json(`/partners/keys/${id}`, 'POST');
    const scan = async (sent: string) =>
      (await call('/parcels/7/scans', { 'X-API-Key': sent }, 'POST')).status;
    expect([await scan(key), await scan(nextKey)]).toEqual([201, 201]);

    expect(await json('/partners/acme', 'DELETE')).toEqual({ revoked: 2 });
    expect([await scan(key), await scan(nextKey)]).toEqual([401, 401]);
  });
});
