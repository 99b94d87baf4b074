import { Controller, Get } from '@nestjs/common';
import {
  ApiKeyService,
  type AppIdentity,
  CurrentApp,
  CurrentUser,
  RequireApp,
  RequireUser,
  RequireUserOrApp,
  TokenIssuer,
  type UserIdentity,
} from '@portcullis/auth';
import { noStrikes, ownTokens } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { describeOnPlatforms } from '../support/running-app.js';

@Controller()
class RoutesController {
  @RequireApp()
  @RequireUser()
  @Get('both')
  both(@CurrentApp() app: AppIdentity, @CurrentUser() user: UserIdentity) {
    return { app: app.tenant, user: user.tenant };
  }

  @RequireUserOrApp()
  @Get('either')
  either() {
    return 'in';
  }
}

describeOnPlatforms('an app and a user of tenants on %s', (running) => {
  const start = (tenantClaim?: string) =>
    running.start({
      portcullis: { tokens: ownTokens, bans: noStrikes, ...(tenantClaim && { tenantClaim }) },
      controllers: [RoutesController],
    });

  const appOf = async (tenant?: string) => {
    const owned = tenant === undefined ? {} : { tenant };
    const { key } = await running.app.get(ApiKeyService).create({ appId: 'depot', name: 'North', ...owned });
    return { 'x-api-key': key };
  };
  const userOf = async (org?: unknown) => {
    const claims = org === undefined ? {} : { org };
    const { accessToken } = await running.app
      .get(TokenIssuer)
      .issue({ subject: 'ada', clientId: 'web', claims });
    return { authorization: `Bearer ${accessToken}` };
  };
  const { get } = running;

  describe('who are compared', () => {
    beforeAll(() => start('org'));

    it('work together where the tenant is the same', async () => {
      const response = await get('/both', { ...(await appOf('acme')), ...(await userOf('acme')) });
      expect(await response.json()).toEqual({ app: 'acme', user: 'acme' });
    });

    it.each<[string, string | undefined, unknown]>([
      ['different', 'acme', 'globex'],
      ['of the app alone', 'acme', undefined],
      ['of the user alone', undefined, 'acme'],
      ['of neither', undefined, undefined],
      ['written in another case', 'acme', 'ACME'],
      ['of the user in a list', 'acme', ['acme']],
      ['of the user not a text', '7', 7],
    ])('are refused where the tenant is %s', async (_, ofApp, ofUser) => {
      const [key, token] = [await appOf(ofApp), await userOf(ofUser)];
      for (const path of ['/both', '/either']) {
        const response = await get(path, { ...key, ...token });
        const { status, code, requestId } = await problemIn(response);
        expect([status, code]).toEqual([403, 'tenant_mismatch']);
        expect((await running.events.about('request.refused', requestId)).reason).toMatch(/tenant/);
      }
      expect((await get('/either', key)).status).toBe(200);
      expect((await get('/either', token)).status).toBe(200);
    });
  });

  it('are not compared where no claim is configured', async () => {
    await start();
    const response = await get('/both', { ...(await appOf('acme')), ...(await userOf('globex')) });
    expect(response.status).toBe(200);
  });
});
