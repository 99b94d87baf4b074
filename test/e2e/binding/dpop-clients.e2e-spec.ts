import { Controller, Get } from '@nestjs/common';
import { type AppIdentity, CurrentApp, RequireApp, TokenIssuer } from '@portcullis/auth';
import { calculateThumbprint, generateKeyPair, generateProof, type JWSAlgorithm } from 'dpop';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { ORIGIN } from '../../support/bound-calls.js';
import { noStrikes, ownTokens } from '../../support/credentials.js';
import { type RunningOidcProvider, startOidcProvider } from '../../support/oidc-provider.js';
import { PlainRoutesController } from '../../support/plain-routes.js';
import { describeOnPlatforms } from '../../support/running-app.js';

@Controller('parcels')
class ParcelsController {
  @RequireApp('parcels:read')
  @Get()
  list(@CurrentApp() { appId, confirmation }: AppIdentity) {
    return { appId, confirmation };
  }
}

describeOnPlatforms('clients that others have written, on %s', (running) => {
  const { audience } = ownTokens;
  let provider: RunningOidcProvider;
  beforeAll(async () => {
    provider = await startOidcProvider({ audience, scopes: ['parcels:read'] });
  });
  afterAll(() => provider.close());

  const start = (nonce: 'accept' | 'demand') => {
    const { issuer, jwksUri } = provider;
    const trusted = { issuer, jwksUri, allowHttpOnLoopback: true, binding: 'demand' as const };
    return running.start({
      portcullis: {
        tokens: { ...ownTokens, trustedIssuers: [trusted] },
        publicOrigins: [ORIGIN],
        binding: { nonce },
        bans: noStrikes,
      },
      controllers: [PlainRoutesController, ParcelsController],
    });
  };
  /** The way to the app, whose clients call it by its public name. */
  const viaOrigin = (url: string, init?: object) => fetch(url.replace(ORIGIN, running.url), init);

  it.each(['ES256', 'Ed25519', 'PS256', 'RS256'] as JWSAlgorithm[])('dpop, with %s', async (algorithm) => {
    await start('accept');
    const keys = await generateKeyPair(algorithm);
    const confirmation = { jkt: await calculateThumbprint(keys.publicKey) };
    const { accessToken } = await running.app
      .get(TokenIssuer)
      .issue({ subject: 'ada', clientId: 'phone', confirmation });
    const proof = (url: string) => generateProof(keys, url, 'GET', undefined, accessToken);
    const authorization = `DPoP ${accessToken}`;
    const get = async (DPoP: string) => running.statusOf('/user', { authorization, DPoP });
    expect(await get(await proof(`${ORIGIN}/user`))).toBe(200);
    expect(await get(await proof(`${ORIGIN}/bound`))).toBe(401);
  });

  it.each(['accept', 'demand'] as const)(
    'openid-client, with tokens that an OpenID provider has bound, where nonces are a matter of %s',
    async (nonce) => {
      await start(nonce);
      const config = await openid.discovery(
        new URL(provider.issuer),
        audience,
        undefined,
        openid.ClientSecretPost(provider.clientSecret),
        { execute: [openid.allowInsecureRequests] },
      );
      const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'));
      const wanted = { scope: 'parcels:read', resource: audience };
      const tokens = await openid.clientCredentialsGrant(config, wanted, { DPoP });
      expect(tokens.token_type).toBe('dpop');
      config[openid.customFetch] = viaOrigin as openid.CustomFetch;
      const get = (handle: openid.DPoPHandle) =>
        openid.fetchProtectedResource(
          config,
          tokens.access_token,
          new URL(`${ORIGIN}/parcels?page=1`),
          'GET',
          undefined,
          undefined,
          { DPoP: handle },
        );
      for (let call = 0; call < 3; call++) {
        const response = await get(DPoP);
        expect(response.status).toBe(200);
        const jkt = await DPoP.calculateThumbprint();
        expect(await response.json()).toEqual({ appId: audience, confirmation: { jkt } });
      }
      const thief = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'));
      await expect(get(thief)).rejects.toMatchObject({ status: 401 });
      const copied = { authorization: `Bearer ${tokens.access_token}` };
      expect(await running.statusOf('/parcels', copied)).toBe(401);
      expect(
        await running.statusOf('/parcels', {
          authorization: `Bearer ${await provider.clientToken('parcels:read')}`,
        }),
      ).toBe(401);
    },
  );

  it('oauth4webapi understands what is wrong, and mends it', async () => {
    await start('demand');
    const keys = await oauth.generateKeyPair('ES256');
    const DPoP = oauth.DPoP({}, keys);
    const confirmation = { jkt: await DPoP.calculateThumbprint() };
    const { accessToken } = await running.app
      .get(TokenIssuer)
      .issue({ subject: 'ada', clientId: 'phone', confirmation });
    const get = () =>
      oauth.protectedResourceRequest(accessToken, 'GET', new URL(`${ORIGIN}/user`), undefined, undefined, {
        DPoP,
        [oauth.customFetch]: viaOrigin as never,
      });
    const refused = await get().catch((error: unknown) => error);
    expect(oauth.isDPoPNonceError(refused)).toBe(true);
    expect((await get()).status).toBe(200);
  });
});
