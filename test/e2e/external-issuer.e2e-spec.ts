import { Controller, Get } from '@nestjs/common';
import {
  AppIdentity,
  CurrentApp,
  CurrentUser,
  RequireApp,
  RequireUser,
  UserIdentity,
} from '@portcullis/auth';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { noStrikes } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { type RunningOidcProvider, startOidcProvider } from '../support/oidc-provider.js';
import { describeOnPlatforms } from '../support/running-app.js';

const audience = 'https://parcels.example';

@Controller('parcels')
class ParcelsController {
  @RequireUser('parcels:read')
  @Get()
  list(@CurrentUser() { issuer, subject, clientId, scopes }: UserIdentity) {
    return { issuer, subject, clientId, scopes };
  }

  @RequireApp('parcels:read')
  @Get('for-apps')
  listForApps(@CurrentApp() { issuer, appId, scopes }: AppIdentity) {
    return { issuer, appId, scopes };
  }
}

describeOnPlatforms('a real OpenID provider as issuer, on %s', (running) => {
  let provider: RunningOidcProvider;

  const parcels = (token: string, path = '') =>
    running.get(`/parcels${path}`, { authorization: `Bearer ${token}` });

  beforeAll(async () => {
    provider = await startOidcProvider({ audience, scopes: ['parcels:read', 'parcels:write'] });
    const { issuer, jwksUri } = provider;
    const trusted = { issuer, jwksUri, algorithms: ['ES256' as const], allowHttpOnLoopback: true };
    const tokens = { audience, trustedIssuers: [trusted] };
    await running.start({ portcullis: { tokens, bans: noStrikes }, controllers: [ParcelsController] });
  });

  afterAll(() => provider.close());

  it('the access token of a user who logged in opens the route that demands its scope', async () => {
    const { accessToken } = await provider.logIn('ada', 'parcels:read');
    expect(decodeProtectedHeader(accessToken).typ).toBe('at+jwt');
    const response = await parcels(accessToken);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      issuer: provider.issuer,
      subject: 'ada',
      clientId: audience,
      scopes: ['parcels:read'],
    });
  });

  it('the access token of a client that acts for itself names no user, but an app', async () => {
    const token = await provider.clientToken('parcels:read');
    const refused = await parcels(token);
    expect(refused.status).toBe(401);
    expect((await problemIn(refused)).code).toBe('credentials_required');
    const response = await parcels(token, '/for-apps');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      issuer: provider.issuer,
      appId: audience,
      scopes: ['parcels:read'],
    });
  });

  it('the access token of a user who logged in names no app', async () => {
    const { accessToken } = await provider.logIn('ada', 'parcels:read');
    expect((await parcels(accessToken, '/for-apps')).status).toBe(401);
  });

  it.each([
    ['user', '', async () => (await provider.logIn('ada', 'parcels:write')).accessToken],
    ['client', '/for-apps', () => provider.clientToken('parcels:write')],
  ])('an access token of a %s without the scope is refused for that', async (_, path, token) => {
    const response = await parcels(await token(), path);
    expect(response.status).toBe(403);
    expect(await problemIn(response)).toMatchObject({ code: 'insufficient_scope', scope: 'parcels:read' });
  });

  it('the ID token of the same login is refused, though its signature, issuer and audience are right', async () => {
    const { idToken } = await provider.logIn('ada', 'parcels:read');
    expect(decodeJwt(idToken)).toMatchObject({ iss: provider.issuer, aud: audience, sub: 'ada' });
    const response = await parcels(idToken);
    expect(response.status).toBe(401);
    const { code, requestId } = await problemIn(response);
    expect(code).toBe('invalid_token');
    expect((await running.events.about('request.refused', requestId)).reason).toContain('typ is not');
  });
});
