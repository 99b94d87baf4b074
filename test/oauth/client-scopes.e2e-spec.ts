import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { describeOnPlatforms } from '../support/running-app.js';
import { Users } from '../support/users.js';
import { Browser } from './browser.js';
import { CALLBACK } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

const KNOWN = ['parcels:read', 'parcels:write', 'parcels:all:read', 'reports:read'] as const;

/** What a client may ask for, what its user may do, what it asks for, and what it gets: never more than any of the three. */
const CASES: readonly (readonly [string, string, string, string])[] = [
  ['parcels:*', 'parcels:*', 'parcels:read parcels:write', 'parcels:read parcels:write'],
  ['parcels:*', 'parcels:read', 'parcels:read parcels:write', 'parcels:read'],
  ['parcels:read', 'parcels:*', 'parcels:read parcels:write', 'parcels:read'],
  ['parcels:read', 'parcels:*', 'parcels:*', ''],
  ['parcels:*', 'parcels:*', 'parcels:*', ''],
  ['parcels:*', 'parcels:*', '*', ''],
  ['parcels:read', 'parcels:read', 'parcels:read', 'parcels:read'],
  ['parcels:write', 'parcels:read', 'parcels:read parcels:write', ''],
  ['parcels:all:*', 'parcels:*', 'parcels:all:read parcels:read', 'parcels:all:read'],
  ['parcels:*', 'parcels:all:*', 'parcels:all:read parcels:read', 'parcels:all:read'],
  ['parcels:*', 'reports:read', 'reports:read', ''],
  ['reports:read parcels:read', 'reports:read parcels:*', 'reports:read parcels:write', 'reports:read'],
  ['', 'parcels:*', 'parcels:read', ''],
  ['parcels:*', '', 'parcels:read', ''],
  ['parcels:*', 'parcels:*', 'parcels:delete made:up', ''],
  ['parcels:*', 'parcels:*', 'parcels:READ parcels:rea parcels:', ''],
];

const words = (text: string) => (text === '' ? [] : text.split(' '));

describeOnPlatforms('the scopes of a client on %s', (running) => {
  const server = new ServerUnderTest(running);
  beforeAll(async () => {
    const common = { kind: 'browser', redirectUris: [CALLBACK] } as const;
    const clients = CASES.flatMap(([allowed], index) => [
      { ...common, clientId: `pages-${index}`, name: 'Pages', scopes: words(allowed) },
      { ...common, clientId: `own-${index}`, name: 'Own', scopes: words(allowed), consent: 'skip' as const },
      { clientId: `device-${index}`, name: 'Device', kind: 'device' as const, scopes: words(allowed) },
    ]);
    const scopes = Object.fromEntries(KNOWN.map((scope) => [scope, scope]));
    await server.start({ server: { clients, scopes } });
    const users = running.app.get(Users, { strict: false });
    for (const [index, [, held]] of CASES.entries())
      await users.add(`user-${index}`, { scopes: words(held) });
  });

  const rows = CASES.map((row, index) => [...row, index] as const);
  const scopesOf = (token: string) => words(String(decodeJwt(token).scope ?? '')).sort();

  describe.each(['pages', 'own'])('that is one of %s', (kind) => {
    it.each(rows)(
      'allows %j, its user %j, it asks for %j: it gets %j',
      async (_, __, asked, granted, index) => {
        const config = await server.discover(`${kind}-${index}`, client.None());
        const browser = new Browser(server.url, `user-${index}`);
        const scope = `openid offline_access ${asked}`;
        const { redeem } = await server.authorize(config, { scope, prompt: 'consent' }, browser);
        const tokens = await redeem();
        expect(scopesOf(tokens.access_token)).toEqual(words(granted).sort());
        const next = await client.refreshTokenGrant(config, tokens.refresh_token as string);
        expect(scopesOf(next.access_token)).toEqual(words(granted).sort());
        for (const { scope: told = '', access_token } of [tokens, next])
          expect(words(told).sort()).toEqual(scopesOf(access_token));
      },
    );
  });

  it.each(rows)('allows a device %j, its user %j, asked for %j: it gets %j', async (...row) => {
    const [, , asked, granted, index] = row;
    const config = await server.discover(`device-${index}`, client.None());
    const begun = await client.initiateDeviceAuthorization(config, { scope: asked });
    const browser = new Browser(server.url, `user-${index}`);
    await browser.typeCode(begun.user_code);
    const polling = client.pollDeviceAuthorizationGrant(config, { ...begun, interval: 0 });
    // A device that can be given nothing is not let in at all.
    const got = await polling.then(
      ({ access_token }) => scopesOf(access_token),
      (error) => (error.error === 'access_denied' ? [] : [error.error]),
    );
    expect(got).toEqual(words(granted).sort());
  });
});
