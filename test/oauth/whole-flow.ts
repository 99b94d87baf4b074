import type { INestApplication } from '@nestjs/common';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { freePort } from '../support/free-port.js';
import type { BootOptions } from '../support/platforms.js';
import type { AppParts, RunningApp } from '../support/running-app.js';
import { Users } from '../support/users.js';
import { Browser } from './browser.js';
import { CALLBACK, oauthApp } from './oauth-app.js';

/** What an app may have around the server, none of which it is to notice. */
export interface Surroundings extends Pick<BootOptions, 'rawBody' | 'adapter' | 'port'> {
  readonly prepare?: (app: INestApplication) => unknown;
  /** The issuer, of the URL that the app listens at. */
  readonly issuer?: (url: string) => string;
  /** In front of the app's own routes. */
  readonly prefix?: string;
  /** How clients and browsers get there. */
  readonly reach?: (url: string) => typeof fetch;
  readonly controllers?: AppParts['controllers'];
  readonly portcullis?: AppParts['portcullis'];
}

/** All that a client of an app and its user do, from the metadata to the logout. */
export async function expectWholeFlow(
  running: RunningApp,
  {
    issuer: issuerAt = (url) => url,
    prefix = '',
    reach: reachAt = () => fetch,
    controllers = [],
    portcullis,
    port: givenPort,
    ...boot
  }: Surroundings,
): Promise<void> {
  const port = givenPort ?? (await freePort());
  const issuer = issuerAt(`http://127.0.0.1:${port}`);
  const publicOrigins = [new URL(issuer).origin];
  const parts = oauthApp({ url: issuer, portcullis: { publicOrigins, ...portcullis } });
  await running.start({
    ...parts,
    ...boot,
    port,
    controllers: [...controllers, ...(parts.controllers ?? [])],
  });
  await running.app.get(Users, { strict: false }).add('ada');
  const reach = reachAt(running.url);

  for (const algorithm of ['oauth2', 'oidc'] as const) {
    const config = await client.discovery(new URL(issuer), 'pages', undefined, client.None(), {
      algorithm,
      execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
      [client.customFetch]: reach as client.CustomFetch,
    });
    const verifier = client.randomPKCECodeVerifier();
    const browser = new Browser(issuer.replace(/\/$/, ''), 'ada', prefix, reach);
    const pushed = await client.buildAuthorizationUrlWithPAR(config, {
      redirect_uri: CALLBACK,
      scope: 'openid parcels:read',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const visit = (url: URL) => (algorithm === 'oidc' ? browser.visitByForm(url) : browser.visit(url));
    const place = await visit(pushed);
    if (!(place instanceof URL)) throw new Error(`A page: ${place.status} ${await place.text()}`);
    // Once with proofs, which name the URLs that are called.
    const proof: client.DPoPOptions =
      algorithm === 'oidc'
        ? { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256')) }
        : {};
    const checks = { pkceCodeVerifier: verifier };
    const tokens = await client.authorizationCodeGrant(config, place, checks, undefined, proof);
    expect(decodeJwt(tokens.access_token)).toMatchObject({ iss: issuer, sub: 'ada' });
    const refreshToken = tokens.refresh_token as string;
    const { access_token } = await client.refreshTokenGrant(config, refreshToken, undefined, proof);
    // The app's own routes are behind all of it as before.
    const ownRoute = new URL(`${prefix}/me`, issuer);
    const got = [config, access_token, ownRoute, 'GET', undefined, undefined] as const;
    expect((await client.fetchProtectedResource(...got, proof)).status).toBe(200);
    expect(await client.fetchUserInfo(config, access_token, 'ada', proof)).toEqual({ sub: 'ada' });
    expect(await letInADevice(issuer, browser, reach)).toContain('The device is let in');
    const end = client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token as string });
    const question = (await visit(end)) as Response;
    const [, action = '', xsrf = ''] =
      /action="([^"]+)".*?name="xsrf" value="([^"]+)"/s.exec(await question.text()) ?? [];
    expect(new URL(action, issuer).href).toBe(`${issuer.replace(/\/$/, '')}/oauth/logout/confirm`);
    const done = await browser.fetch(new URL(action, issuer), {
      method: 'POST',
      body: new URLSearchParams({ xsrf, logout: 'yes' }),
    });
    expect(done.status).toBe(303);
    expect(
      ((await browser.visit(new URL(done.headers.get('location') as string, issuer))) as Response).status,
    ).toBe(200);
    await expect(client.fetchUserInfo(config, access_token, 'ada')).rejects.toThrow();
  }
}

/** Its code is typed at the page that its link leads to. */
async function letInADevice(issuer: string, browser: Browser, reach: typeof fetch): Promise<string> {
  const config = await client.discovery(new URL(issuer), 'scale', undefined, client.None(), {
    execute: [client.allowInsecureRequests],
    [client.customFetch]: reach as client.CustomFetch,
  });
  const device = await client.initiateDeviceAuthorization(config, { scope: 'parcels:read' });
  expect(device.verification_uri).toBe(`${issuer.replace(/\/$/, '')}/oauth/device`);
  return (await browser.typeCode(device.user_code)).text;
}
