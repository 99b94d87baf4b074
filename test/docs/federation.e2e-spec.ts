import type { INestApplication } from '@nestjs/common';
import { Browser } from '../oauth/browser.js';
import { freePort } from '../support/free-port.js';
import { mistyped } from '../support/mistyped.js';
import { importFrom, layOut } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';
import { PASSWORD } from '../support/users.js';

const PAGE = 'docs/guides/federation.md';
const ports = [await freePort(), await freePort()];
const [parcels, depots] = [`http://localhost:${ports[0]}`, `http://127.0.0.1:${ports[1]}`] as const;
Object.assign(process.env, { PARCELS_URL: parcels, DEPOTS_URL: depots, DEPOTS_SECRET: 's+/='.repeat(10) });

const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const { ParcelsModule } = await load('parcels.module.ts');
const { DepotsModule } = await load('depots.module.ts');
const { UsersService } = await load('users.service.ts');
const { stockFor } = await load('planner.ts');

afterAll(laidOut.remove);

describe.each(platforms)('the guide to federation on %s', (platform) => {
  const apps: INestApplication[] = [];
  let user: Browser;
  beforeAll(async () => {
    for (const [index, module] of [ParcelsModule, DepotsModule].entries())
      apps.push((await boot(platform, { imports: [module] }, { port: ports[index] as number })).app);
    await apps[0]?.get(UsersService, { strict: false }).register('ada', PASSWORD);
    user = new Browser(parcels, 'ada');
  });
  afterAll(() => Promise.all(apps.splice(0).map((app) => app.close())));

  it('has a token of the one exchanged for one that opens the other', async () => {
    const own = await user.logIn();
    expect(await stockFor(own)).toEqual({ stockFor: { issuer: parcels, subject: 'ada' } });
    const direct = await fetch(`${depots}/stock`, { headers: { authorization: `Bearer ${own}` } });
    expect(direct.status).toBe(401);
    await expect(stockFor(mistyped(own))).rejects.toThrow(/parcels refuses: .*invalid_grant/);
  });

  it('has people of the one log in at the other', async () => {
    const begun = await fetch(`${depots}/login/parcels?return_to=/`, { redirect: 'manual' });
    const cookie = begun.headers
      .getSetCookie()
      .map((each) => each.replace(/;.*/, ''))
      .join('; ');
    const back = await user.visit(begun.headers.get('location') ?? '');
    if (!(back instanceof URL)) throw new Error(`A page in the place of a code: ${await back.text()}`);
    expect(user.asked.map(({ prompt, client }) => [prompt, client.name])).toEqual([
      ['login', 'Depots'],
      ['consent', 'Depots'],
    ]);
    const landed = await fetch(back, { headers: { cookie }, redirect: 'manual' });
    expect([landed.status, landed.headers.get('location')]).toEqual([303, '/']);
    const [answer = ''] = landed.headers.getSetCookie().filter((each) => /^login-answer=[^;]/.test(each));
    const taken = await fetch(`${depots}/login/answer`, {
      method: 'POST',
      headers: { cookie: answer.replace(/;.*/, ''), 'content-type': 'application/json' },
      body: '{}',
    });
    const { access_token } = (await taken.json()) as { access_token: string };
    const stock = await fetch(`${depots}/stock`, { headers: { authorization: `Bearer ${access_token}` } });
    expect(await stock.json()).toEqual({ stockFor: { issuer: depots, subject: 'parcels:ada' } });
  });
});
