import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as openid from 'openid-client';

/** What the client wants. */
export interface ClientWish {
  /** The authorization server. */
  readonly issuer: string;
  /** What is called with the token in the end. By default `/parcels` of the server. */
  readonly api?: string;
  /** `aud` of the token. By default the server's own API. */
  readonly resource?: string;
}

/** An address of this machine for which the server lets native clients choose the port (RFC 8252 section 7.3). */
const HOST = '127.0.0.1';

/**
 * A program on somebody's machine that acts for them: it has them log in and agree in their browser, gets a token by the code that comes
 * back, and calls the API.
 *
 * @param say is given each line of the story; the first one that begins with the issuer is to be opened in a browser
 * @throws Error where it is refused
 */
export async function runClientDemo(
  { issuer, api = `${issuer}/parcels`, resource }: ClientWish,
  say: (line: string) => void,
): Promise<void> {
  const config = await openid.discovery(new URL(issuer), 'demo', undefined, openid.None(), {
    // Without the first one a wrong signature of the ID token is accepted.
    execute: [
      openid.enableNonRepudiationChecks,
      ...(issuer.startsWith('http:') ? [openid.allowInsecureRequests] : []),
    ],
  });
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const expectedState = openid.randomState();
  const callback = await listenForCallback();
  try {
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: callback.url,
      scope: 'openid parcels:read',
      state: expectedState,
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      ...(resource !== undefined && { resource }),
    });
    say('Open this in a browser, log in, and allow it:');
    say(url.href);
    const tokens = await openid.authorizationCodeGrant(
      config,
      await callback.answer,
      { pkceCodeVerifier, expectedState, idTokenExpected: true },
      resource === undefined ? {} : { resource },
    );
    say(`${tokens.claims()?.sub} has allowed it: a token with ${tokens.scope}`);
    const response = await fetch(api, { headers: { Authorization: `Bearer ${tokens.access_token}` } });
    say(`GET ${api}: ${response.status} ${await response.text()}`);
  } finally {
    callback.close();
  }
}

/** Where the browser comes back to, once. */
async function listenForCallback() {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const url = `http://${HOST}:${(server.address() as AddressInfo).port}/callback`;
  const answer = new Promise<URL>((resolve) => {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const asked = new URL(request.url ?? '', url);
      const isCallback = asked.pathname === '/callback';
      response.writeHead(isCallback ? 200 : 404, { 'Content-Type': 'text/plain', Connection: 'close' });
      response.end(isCallback ? 'You can close this page.' : '');
      if (isCallback) resolve(asked);
    });
  });
  return { url, answer, close: () => server.close() };
}
