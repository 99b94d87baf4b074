import { ApiKeyService, PortcullisAdminModule } from '@portcullis/auth';
import { TestCredentials } from '@portcullis/testing';
import { noStrikes, ownTokens } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { describeOnPlatforms } from '../support/running-app.js';

const ADMIN = ['keys:admin', 'bans:admin', 'tokens:admin', 'sessions:admin'];

/** What ends something, and what a right call of it answers. */
const DANGEROUS: readonly (readonly [method: string, path: string, status: number, body?: object])[] = [
  ['DELETE', '/admin/api-keys/unknown', 404],
  ['DELETE', '/admin/api-keys?appId=depot', 200],
  ['DELETE', '/admin/bans?all=true', 200],
  ['POST', '/admin/bans/import', 200, { list: '198.51.100.0/24', reason: 'spec' }],
  ['POST', '/admin/revocations', 201, { subject: 'bob', reason: 'spec' }],
  ['DELETE', '/admin/sessions?subject=bob', 204],
  ['DELETE', '/admin/sessions/unknown', 404],
  ['DELETE', '/admin/bans/unknown', 404],
];

const HARMLESS: readonly (readonly [method: string, path: string, status: number, body?: object])[] = [
  ['GET', '/admin/api-keys', 200],
  ['POST', '/admin/bans', 201, { network: '198.51.100.0/24', reason: 'spec' }],
  ['GET', '/admin/sessions?subject=bob', 200],
];

describeOnPlatforms('routes of admins on %s', (running) => {
  const start = (...options: Parameters<typeof PortcullisAdminModule.register>) =>
    running.start({
      portcullis: {
        tokens: ownTokens,
        bans: noStrikes,
        apiKeys: { personalTokens: { scopesOf: async () => ADMIN } },
      },
      imports: [PortcullisAdminModule.register(...options)],
    });
  const call = (
    [method, path, , body]: (typeof DANGEROUS)[number],
    headers: { Authorization: string },
  ): Promise<Response> => running.send(method, path, { ...headers }, body);

  it('that end something demand the login that the app names, and do nothing without it', async () => {
    await start({ dangerous: { acr: 'mfa', maxAgeSeconds: 300 } });
    const credentials = new TestCredentials(running.app);
    await credentials.app({ appId: 'depot' });
    const anHourAgo = Math.floor(Date.now() / 1000) - 3_600;
    const weak = [
      await credentials.user({ scopes: ADMIN }),
      await credentials.user({ scopes: ADMIN, amr: ['pwd'] }),
      await credentials.user({ scopes: ADMIN, acr: 'mfa', authTime: anHourAgo }),
      await credentials.personalToken({ scopes: ADMIN }),
    ];
    for (const route of DANGEROUS)
      for (const headers of weak) {
        const response = await call(route, headers);
        expect([route[1], response.status]).toEqual([route[1], 401]);
        expect(await problemIn(response)).toMatchObject({
          ...{ code: 'insufficient_user_authentication', acr_values: 'mfa', max_age: 300 },
        });
      }
    const { keys } = await running.app.get(ApiKeyService).list({ appId: 'depot', state: 'active' });
    expect(keys).toHaveLength(1);
    for (const headers of weak)
      for (const route of HARMLESS)
        expect([route[1], (await call(route, headers)).status]).toEqual([route[1], route[2]]);

    const strong = await credentials.user({ scopes: ADMIN, acr: 'mfa' });
    for (const route of DANGEROUS)
      expect([route[1], (await call(route, strong)).status]).toEqual([route[1], route[2]]);
    const scopeless = await credentials.user({ acr: 'mfa' });
    for (const route of DANGEROUS) expect((await call(route, scopeless)).status).toBe(403);
  });

  it('demand a scope alone where the app names no login, whatever another app in the process does', async () => {
    PortcullisAdminModule.register({ dangerous: { acr: 'mfa' } });
    await start();
    const admin = await new TestCredentials(running.app).user({ scopes: ADMIN });
    for (const route of [...DANGEROUS, ...HARMLESS])
      expect([route[1], (await call(route, admin)).status]).toEqual([route[1], route[2]]);
  });

  it('do not boot with a login that makes no sense', async () => {
    const starting = async () => start({ dangerous: { acr: undefined } as never });
    await expect(starting()).rejects.toThrow('PortcullisAdminModule: dangerous must have a text');
  });
});
