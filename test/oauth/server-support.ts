import type { ModuleMetadata } from '@nestjs/common';
import { PortcullisModule } from '@portcullis/auth';
import * as client from 'openid-client';
import { freePort } from '../support/free-port.js';
import type { BootOptions } from '../support/platforms.js';
import type { RunningApp } from '../support/running-app.js';
import { Users } from '../support/users.js';
import { Browser } from './browser.js';
import { CALLBACK, type OAuthAppParts, oauthApp, SECRET } from './oauth-app.js';

type Tokens = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;

/** An app that is its own authorization server, and what a real client does with it. */
export class ServerUnderTest {
  url = '';

  constructor(readonly running: RunningApp) {}

  #parts: OAuthAppParts | undefined;

  /** @param options of the app, also as they follow from where it will be */
  async start({
    boot = {},
    portcullis,
    ...parts
  }: Omit<OAuthAppParts, 'url' | 'portcullis'> & {
    readonly boot?: BootOptions;
    readonly portcullis?: OAuthAppParts['portcullis'] | ((url: string) => OAuthAppParts['portcullis']);
  } = {}): Promise<void> {
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    const options = typeof portcullis === 'function' ? portcullis(this.url) : portcullis;
    this.#parts = { url: this.url, ...parts, ...(options && { portcullis: options }) };
    await this.running.start({ ...oauthApp(this.#parts), ...boot, port });
    await this.running.app.get(Users, { strict: false }).add('ada');
  }

  /** What another instance of the same server is made of. */
  another(): ModuleMetadata {
    const { portcullis = {}, imports = [], ...rest } = oauthApp(this.#parts as OAuthAppParts);
    return { ...rest, imports: [PortcullisModule.forRoot(portcullis), ...imports] };
  }

  /** A client that has read the metadata. */
  discover(
    clientId: string,
    authentication = clientId === 'pages' || clientId === 'scale'
      ? client.None()
      : client.ClientSecretBasic(SECRET),
  ) {
    return client.discovery(new URL(this.url), clientId, undefined, authentication, {
      execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
    });
  }

  /** The authorization code flow as far as the code. */
  async authorize(
    config: client.Configuration,
    parameters: Record<string, string> = {},
    browser = new Browser(this.url),
  ) {
    const verifier = client.randomPKCECodeVerifier();
    const state = client.randomState();
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'openid parcels:read',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      ...parameters,
    });
    const place = await browser.visit(url);
    if (!(place instanceof URL))
      throw new Error(`A page instead of a code: ${place.status} ${await place.text()}`);
    const redeem = (options: client.DPoPOptions = {}): Promise<Tokens> =>
      client.authorizationCodeGrant(
        config,
        place,
        { pkceCodeVerifier: verifier, expectedState: state },
        undefined,
        options,
      );
    return { place, browser, redeem, verifier };
  }

  readonly me = (accessToken: string) => this.running.get('/me', { authorization: `Bearer ${accessToken}` });
}
