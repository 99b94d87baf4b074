import { Controller, Get, type INestApplication } from '@nestjs/common';
import { CurrentUser, PortcullisModule, RequireUser, UserIdentity } from '@portcullis/auth';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { noStrikes } from '../support/credentials.js';
import { EventRecorder } from '../support/events.js';
import { problemIn } from '../support/http.js';
import { type RunningOidcProvider, startOidcProvider } from '../support/oidc-provider.js';
import { boot, platforms } from '../support/platforms.js';

const audience = 'https://parcels.example';

@Controller('parcels')
class ParcelsController {
  @RequireUser('parcels:read')
  @Get()
  list(@CurrentUser() { issuer, subject, clientId, scopes }: UserIdentity) {
    return { issuer, subject, clientId, scopes };
  }
}

describe.each(platforms)('a real OpenID provider as issuer, on %s', (platform) => {
  let provider: RunningOidcProvider;
  let app: INestApplication;
  let url: string;
  let events: EventRecorder;

  const parcels = (token: string) =>
    fetch(`${url}/parcels`, { headers: { authorization: `Bearer ${token}` } });

  beforeAll(async () => {
    provider = await startOidcProvider({ audience, scopes: ['parcels:read', 'parcels:write'] });
    const { issuer, jwksUri } = provider;
    const tokens = { audience, trustedIssuers: [{ issuer, jwksUri, algorithms: ['ES256' as const] }] };
    const portcullis = PortcullisModule.forRoot({ tokens, bans: noStrikes });
    ({ app, url } = await boot(platform, { imports: [portcullis], controllers: [ParcelsController] }));
    events = new EventRecorder(app);
  });

  afterAll(async () => {
    await app.close();
    await provider.close();
  });

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

  it('the access token of a client that acts for itself opens it as well', async () => {
    expect((await parcels(await provider.clientToken('parcels:read'))).status).toBe(200);
  });

  it('an access token without the scope is refused for that', async () => {
    const response = await parcels(await provider.clientToken('parcels:write'));
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
    expect((await events.about('request.refused', requestId)).reason).toContain('"typ"');
  });
});
