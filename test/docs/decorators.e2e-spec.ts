import type { INestApplication } from '@nestjs/common';
import * as library from '@portcullis/auth';
import { TestCredentials } from '@portcullis/testing';
import { ownTokens } from '../support/credentials.js';
import { importFrom, layOut, readPage } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';

const PAGE = 'docs/reference/decorators.md';
const laidOut = await layOut(PAGE);
const { DepotController } = await importFrom(laidOut, PAGE)('depot.controller.ts');

afterAll(laidOut.remove);

/** Functions whose names begin with a capital, but for classes. */
const decorators = Object.entries(library)
  .filter(
    ([name, value]) => typeof value === 'function' && /^[A-Z]/.test(name) && !/^class\b/.test(`${value}`),
  )
  .map(([name]) => name);

it('has every decorator that the library exports, each with how it is written', async () => {
  const text = await readPage(PAGE);
  const headings = [...text.matchAll(/^### `(\w+)`\n\n`@(\w+)\(/gm)].map(([, ...names]) => names);
  expect(headings.map(([name]) => name).sort()).toEqual(decorators.sort());
  for (const [heading, shown] of headings) expect(shown).toBe(heading);
});

describe.each(platforms)('the code of the page on %s', (platform) => {
  let app: INestApplication;
  let url: string;

  beforeEach(async () => {
    const imports = [library.PortcullisModule.forRoot({ tokens: ownTokens })];
    ({ app, url } = await boot(platform, { imports, controllers: [DepotController] }));
  });

  afterEach(() => app.close());

  const call = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${url}${path}`, { method, headers });

  it('decides as its comments say', async () => {
    const credentials = new TestCredentials(app);
    const reader = await credentials.app({ name: 'North', scopes: ['depots:read'] });
    const scanner = await credentials.app({ scopes: ['depots:read', 'scans:write'] });
    const reporter = await credentials.user({ scopes: ['reports:read'] });

    expect((await call('/depots', reader)).status).toBe(200);
    expect((await call('/depots/scans', reader, 'POST')).status).toBe(403);
    expect((await call('/depots/scans', scanner, 'POST')).status).toBe(201);
    expect((await call('/depots/report', reporter)).status).toBe(200);
    expect((await call('/depots/report', reader)).status).toBe(403);
    expect(await (await call('/depots/opening-hours')).json()).toEqual({ hours: '6-22', knownAs: null });
    expect(await (await call('/depots/opening-hours', reader)).json()).toEqual({
      hours: '6-22',
      knownAs: 'North',
    });
    expect((await call('/depots/opening-hours', { 'X-API-Key': 'wrong' })).status).toBe(401);
  });
});
