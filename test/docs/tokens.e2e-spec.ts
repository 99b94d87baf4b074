import { PortcullisModule, TokenIssuer } from '@portcullis/auth';
import { noStrikes, ownTokens } from '../support/credentials.js';
import { importFrom, layOut } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';

const PAGE = 'docs/guides/tokens.md';
const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const issuers = await load('issuers.ts');
const { FraudController } = await load('fraud.controller.ts');

afterAll(laidOut.remove);

it('shows options for other issuers that the module accepts', async () => {
  const { app } = await boot('express', { imports: [PortcullisModule.forRoot(issuers)] });
  await app.close();
});

describe.each(platforms)('the guide to tokens on %s', (platform) => {
  it('demands claims as the comments of the fraud example say', async () => {
    const imports = [PortcullisModule.forRoot({ tokens: ownTokens, bans: noStrikes })];
    const { app, url } = await boot(platform, { imports, controllers: [FraudController] });
    const tokenWith = async (claims: Record<string, unknown>) => {
      const user = { subject: 'ada', clientId: 'web', scopes: ['cases:read'], claims };
      const { accessToken } = await app.get(TokenIssuer).issue(user);
      return { Authorization: `Bearer ${accessToken}` };
    };
    const investigator = await tokenWith({ department: ['claims', 'fraud'], clearance: 2 });
    const chief = await tokenWith({ department: 'fraud', clearance: 3 });
    const stranger = await tokenWith({ department: 'sales', clearance: 5 });
    const statuses = async (path: string) =>
      Promise.all(
        [investigator, chief, stranger].map(
          async (who) => (await fetch(url + path, { headers: who })).status,
        ),
      );
    expect(await statuses('/cases')).toEqual([200, 200, 403]);
    expect(await statuses('/cases/sealed')).toEqual([403, 200, 403]);
    await app.close();
  });
});
