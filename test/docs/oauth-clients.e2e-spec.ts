import type { INestApplication } from '@nestjs/common';
import { OAUTH_CLIENT_KINDS, OAuthClients, OAuthConsents } from '@portcullis/auth';
import { userWith } from '../support/credentials.js';
import { importFrom, layOut } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';
import { code, rowsUnder } from './page-tables.js';

const PAGE = 'docs/guides/oauth-clients.md';
const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const { AppModule } = await load('app.module.ts');
const { Partners } = await load('partners.ts');

afterAll(laidOut.remove);

describe.each(platforms)('the guide to clients and consents on %s', (platform) => {
  let app: INestApplication;
  let url: string;
  beforeEach(async () => {
    ({ app, url } = await boot(platform, { imports: [AppModule] }));
  });
  afterEach(() => app.close());

  it('makes a client, replaces its secret, and removes it', async () => {
    const partners = app.get(Partners, { strict: false });
    const clients = app.get(OAuthClients);
    const { clientId, secret } = await partners.add('Shop', 'https://shop.example/back');
    const next = await partners.replaceSecret(clientId);
    expect(next).toMatch(/^ptc_cs_/);
    for (const each of [secret, next]) expect(await clients.matchesSecret(clientId, each)).toBe(true);
    await partners.remove(clientId);
    expect(await clients.find(clientId)).toBeUndefined();
  });

  it('has the routes that it names', async () => {
    await app.get(OAuthConsents).give({ subject: 'ada', clientId: 'shop', scopes: {} });
    const headers = await userWith(app);
    const path = `${url}/auth/consents`;
    expect(await (await fetch(path, { headers })).json()).toMatchObject({ consents: [{ clientId: 'shop' }] });
    expect((await fetch(`${path}?clientId=shop`, { method: 'DELETE', headers })).status).toBe(204);
    const admin = await userWith(app, ['clients:admin']);
    expect(await (await fetch(`${url}/admin/clients`, { headers: admin })).json()).toEqual({ clients: [] });
  });
});

it('names every kind, and every property with its default', async () => {
  const rows = await rowsUnder(PAGE, 'Make a client');
  const names = rows.map(([name]) => name ?? '');
  expect(names.slice(0, OAUTH_CLIENT_KINDS.length).map(code)).toEqual([...OAUTH_CLIENT_KINDS]);
  const shown = names.slice(OAUTH_CLIENT_KINDS.length).flatMap((cell) => cell.split(', ').map(code));
  const app = await boot('express', { imports: [AppModule] });
  const { secret: _, ...client } = await app.app.get(OAuthClients).create({ name: 'Job', kind: 'machine' });
  await app.app.close();
  const others = [
    'clientId',
    'name',
    'kind',
    'secrets',
    'createdAt',
    'disabledAt',
    'isConfigured',
    'isDocument',
    'jwks',
    'jwksUri',
  ];
  expect(shown.sort()).toEqual(
    Object.keys(client)
      .filter((name) => !others.includes(name))
      .sort(),
  );
});
