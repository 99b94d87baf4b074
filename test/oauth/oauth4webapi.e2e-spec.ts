import * as oauth from 'oauth4webapi';
import { describeOnPlatforms } from '../support/running-app.js';
import { Browser } from './browser.js';
import { CALLBACK, CLIENTS, SECRET } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const http = { [oauth.allowInsecureRequests]: true };

describeOnPlatforms('oauth4webapi on %s', (running) => {
  const server = new ServerUnderTest(running);
  const secret = oauth.ClientSecretBasic(SECRET);
  let as: oauth.AuthorizationServer;
  let signing: Awaited<ReturnType<typeof oauth.generateKeyPair>>;
  beforeAll(async () => {
    signing = await oauth.generateKeyPair('ES256', { extractable: true });
    const jwk = (await crypto.subtle.exportKey('jwk', signing.publicKey)) as { kty: string };
    const keys = [{ ...jwk, kid: 'k1' }];
    await server.start({
      server: {
        clients: [
          ...CLIENTS,
          {
            ...{ clientId: 'signer', name: 'A Signer', kind: 'machine', scopes: ['parcels:read'] },
            ...{ authentication: 'private-key-jwt', jwks: { keys }, mayExchange: true },
          },
        ],
      },
    });
    const issuer = new URL(server.url);
    as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, http));
  });

  it('gets a code by a pushed request, tokens that are bound to its key, and new ones', async () => {
    const shop = { client_id: 'shop' };
    const DPoP = oauth.DPoP({}, await oauth.generateKeyPair('ES256'));
    const [verifier, state, nonce] = [
      oauth.generateRandomCodeVerifier(),
      oauth.generateRandomState(),
      oauth.generateRandomNonce(),
    ];
    const parameters = {
      ...{ response_type: 'code', redirect_uri: CALLBACK, state, nonce, code_challenge_method: 'S256' },
      ...{ scope: 'openid parcels:read', code_challenge: await oauth.calculatePKCECodeChallenge(verifier) },
    };
    const pushed = await oauth.processPushedAuthorizationResponse(
      ...([as, shop] as const),
      await oauth.pushedAuthorizationRequest(as, shop, secret, parameters, { DPoP, ...http }),
    );
    const url = new URL(as.authorization_endpoint as string);
    url.search = new URLSearchParams({ client_id: 'shop', request_uri: pushed.request_uri }).toString();
    const place = (await new Browser(server.url).visit(url)) as URL;
    const answer = oauth.validateAuthResponse(as, shop, place, state);
    const tokens = await oauth.processAuthorizationCodeResponse(
      ...([as, shop] as const),
      await oauth.authorizationCodeGrantRequest(as, shop, secret, answer, CALLBACK, verifier, {
        DPoP,
        ...http,
      }),
      { expectedNonce: nonce, requireIdToken: true },
    );
    expect(tokens).toMatchObject({ token_type: 'dpop', scope: 'parcels:read' });
    const next = await oauth.processRefreshTokenResponse(
      ...([as, shop] as const),
      await oauth.refreshTokenGrantRequest(as, shop, secret, tokens.refresh_token as string, {
        DPoP,
        ...http,
      }),
    );
    const about = async () =>
      oauth.processIntrospectionResponse(
        ...([as, shop] as const),
        await oauth.introspectionRequest(as, shop, secret, next.access_token, http),
      );
    expect(await about()).toMatchObject({ active: true, client_id: 'shop', sub: 'ada' });
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(as, shop, secret, next.access_token, http),
    );
    expect(await about()).toEqual({ active: false });
  });

  it('gets tokens of a machine that signs, and exchanges that of a user', async () => {
    const signer = { client_id: 'signer' };
    const signed = oauth.PrivateKeyJwt({ key: signing.privateKey, kid: 'k1' });
    const own = await oauth.processClientCredentialsResponse(
      ...([as, signer] as const),
      await oauth.clientCredentialsGrantRequest(as, signer, signed, { scope: 'parcels:read' }, http),
    );
    expect(await running.statusOf('/app', { authorization: `Bearer ${own.access_token}` })).toBe(200);
    const subject_token = await new Browser(server.url).logIn();
    const fields = { subject_token, subject_token_type: ACCESS_TOKEN, scope: 'parcels:read' };
    const exchanged = await oauth.processGenericTokenEndpointResponse(
      ...([as, signer] as const),
      await oauth.genericTokenEndpointRequest(as, signer, signed, EXCHANGE, fields, http),
    );
    expect((await server.me(exchanged.access_token)).status).toBe(200);
  });

  it('lets a device in', async () => {
    const [scale, none] = [{ client_id: 'scale' }, oauth.None()];
    const device = await oauth.processDeviceAuthorizationResponse(
      ...([as, scale] as const),
      await oauth.deviceAuthorizationRequest(as, scale, none, { scope: 'parcels:read' }, http),
    );
    await new Browser(server.url).typeCode(device.user_code);
    const tokens = await oauth.processDeviceCodeResponse(
      ...([as, scale] as const),
      await oauth.deviceCodeGrantRequest(as, scale, none, device.device_code, http),
    );
    expect((await server.me(tokens.access_token)).status).toBe(200);
  });

  it.each(['multipart/form-data; boundary=x', 'application/json'])(
    'refuses a body of %s in words',
    async (type) => {
      const body = type.startsWith('multipart')
        ? '--x\r\nContent-Disposition: form-data; name="grant_type"\r\n\r\nclient_credentials\r\n--x--\r\n'
        : '{"grant_type":"client_credentials"}';
      const authorization = `Basic ${Buffer.from(`robot:${SECRET}`).toString('base64')}`;
      const headers = { authorization, 'content-type': type };
      const response = await running.fetch('/oauth/token', { method: 'POST', body, headers });
      expect([response.status, await response.json()]).toMatchObject([
        400,
        { error: 'invalid_request', error_description: expect.stringContaining('x-www-form-urlencoded') },
      ]);
    },
  );
});
