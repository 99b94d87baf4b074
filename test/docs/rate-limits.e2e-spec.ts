import { PortcullisModule } from '@portcullis/auth';
import { ownTokens, userWith } from '../support/credentials.js';
import { importFrom, layOut } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';

const PAGE = 'docs/guides/rate-limits.md';
const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const { ExportsController } = await load('exports.controller.ts');
const { rateLimits } = await load('rate-limits.ts');

afterAll(laidOut.remove);

it.each(platforms)('the guide to rate limits on %s limits as its comments say', async (platform) => {
  const imports = [
    PortcullisModule.forRoot({ tokens: ownTokens, rateLimits, trustedProxies: ['127.0.0.1'] }),
  ];
  const { app, url } = await boot(platform, { imports, controllers: [ExportsController] });
  const get = (path: string, headers: Record<string, string> = {}) => fetch(url + path, { headers });
  const mail = (email: string, from: string) =>
    fetch(`${url}/password-mails`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
      body: JSON.stringify({ email }),
    });

  const ann = await userWith(app, [], 'ann');
  const statuses = [];
  for (let time = 0; time < 6; time++) statuses.push((await get('/exports', ann)).status);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
  expect((await get('/exports', await userWith(app, [], 'bob'))).status).toBe(200);

  expect((await mail('a@example.com', '203.0.113.1')).status).toBe(202);
  expect((await mail('a@example.com', '203.0.113.2')).status).toBe(429);
  expect((await mail('b@example.com', '203.0.113.1')).status).toBe(202);
  expect((await mail('c@example.com', '203.0.113.1')).status).toBe(202);
  expect((await mail('d@example.com', '203.0.113.1')).status).toBe(429);

  expect((await get('/health')).headers.get('ratelimit')).toBeNull();
  await app.close();
});
