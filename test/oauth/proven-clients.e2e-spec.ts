import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { decodeJwt, exportJWK, SignJWT } from 'jose';
import * as client from 'openid-client';
import { freePort } from '../support/free-port.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { type ClientTls, clients, statusWithCertificate, testTls } from '../support/tls.js';
import { API, oauthApp, SECRET } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

describeOnPlatforms('clients that prove themselves at the authorization server on %s', (running) => {
  it('do so by a signature, which counts once', async () => {
    const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const others = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const server = new ServerUnderTest(running);
    const jwk = { ...(await exportJWK(keys.publicKey)), alg: 'ES256', kid: 'k1' };
    await server.start({
      portcullis: (url) => ({ tokens: { audience: API, clockToleranceSeconds: 60, issuer: { url } } }),
      server: {
        clients: [
          {
            clientId: 'signer',
            name: 'A Signer',
            kind: 'machine',
            authentication: 'private-key-jwt',
            jwks: { keys: [jwk as never] },
            scopes: ['parcels:read'],
          },
        ],
      },
    });
    const keyOf = async ({ privateKey }: typeof keys) =>
      crypto.subtle.importKey(
        'jwk',
        await exportJWK(privateKey),
        { name: 'ECDSA', namedCurve: 'P-256' },
        false,
        ['sign'],
      );
    let sent: URLSearchParams | undefined;
    const good = await server.discover('signer', client.PrivateKeyJwt({ key: await keyOf(keys), kid: 'k1' }));
    good[client.customFetch] = (url, options) => {
      sent = options.body as URLSearchParams;
      return fetch(url, options as RequestInit);
    };
    const { access_token } = await client.clientCredentialsGrant(good, { scope: 'parcels:read' });
    expect(await running.statusOf('/app', { authorization: `Bearer ${access_token}` })).toBe(200);
    const again = await fetch(`${server.url}/oauth/token`, { method: 'POST', body: sent as URLSearchParams });
    expect([again.status, ((await again.json()) as { error: string }).error]).toEqual([
      401,
      'invalid_client',
    ]);
    const bad = await server.discover(
      'signer',
      client.PrivateKeyJwt({ key: await keyOf(others), kid: 'k1' }),
    );
    await expect(client.clientCredentialsGrant(bad)).rejects.toMatchObject({ error: 'invalid_client' });
    const assertionUntil = async (seconds: number, from = -60, aud: string | string[] = server.url) => {
      const claims = {
        iss: 'signer',
        sub: 'signer',
        aud,
        jti: `${JSON.stringify(aud)} ${from} until ${seconds}`,
      };
      const now = Date.now() / 1000;
      const times = { nbf: now + from, exp: now + seconds };
      const assertion = new SignJWT({ ...claims, ...times }).setProtectedHeader({ alg: 'ES256', kid: 'k1' });
      const body = new URLSearchParams(sent);
      body.set('client_assertion', await assertion.sign(keys.privateKey));
      return (await fetch(`${server.url}/oauth/token`, { method: 'POST', body })).status;
    };
    // What counts once is remembered until it ends.
    const ends = [60, 3_540, 3_660, 1e9, 1e300, -90];
    expect(await Promise.all(ends.map((end) => assertionUntil(end)))).toEqual([200, 200, 401, 401, 401, 401]);
    // Clocks may be off as far as the app says.
    expect(await Promise.all([assertionUntil(-30), assertionUntil(60, 30), assertionUntil(120, 90)])).toEqual(
      [200, 200, 401],
    );
    // Whoever else it is for has it as well.
    const audiences = [[server.url], [server.url, 'https://other.example'], 'https://other.example'];
    expect(await Promise.all(audiences.map((aud) => assertionUntil(60, -60, aud)))).toEqual([200, 401, 401]);
    const bySecret = await server.discover('signer', client.ClientSecretPost(SECRET));
    await expect(client.clientCredentialsGrant(bySecret)).rejects.toMatchObject({ error: 'invalid_client' });
  });

  it('get tokens for the certificate that they show', async () => {
    const port = await freePort();
    const url = `https://127.0.0.1:${port}`;
    const tls = { ...testTls, requestCert: true, rejectUnauthorized: false };
    await running.start({ ...oauthApp({ url }), port, tls });
    const token = await askFor(`${url}/oauth/token`, clients.phone);
    expect(decodeJwt(token)).toMatchObject({ cnf: { 'x5t#S256': expect.any(String) } });
    const bearer = { authorization: `Bearer ${token}` };
    expect(await statusWithCertificate(`${url}/app`, bearer, clients.phone)).toBe(200);
    expect(await statusWithCertificate(`${url}/app`, bearer, clients.laptop)).toBe(401);
    expect(await statusWithCertificate(`${url}/app`, bearer)).toBe(401);
    expect(decodeJwt(await askFor(`${url}/oauth/token`)).cnf).toBeUndefined();
  });
});

/** The client credentials grant, over TLS. */
async function askFor(url: string, certificate?: ClientTls): Promise<string> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: 'robot',
    client_secret: SECRET,
    scope: 'parcels:read',
  }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length };
  const asking = request(url, { method: 'POST', ca: testTls.cert, agent: false, headers, ...certificate });
  asking.end(body);
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  let text = '';
  for await (const piece of response) text += piece;
  return (JSON.parse(text) as { access_token: string }).access_token;
}
