import { generateKeyPairSync } from 'node:crypto';
import { AuditTrail, memory } from '@portcullis/auth';
import { exportJWK, SignJWT } from 'jose';
import { describeOnPlatforms } from '../support/running-app.js';
import { CLIENTS, SECRET } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

const ELSEWHERE = 'https://elsewhere.example';
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

describeOnPlatforms('while anybody sends the authorization server more than is kept, on %s', (running) => {
  const server = new ServerUnderTest(running);
  let before: number;
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  beforeEach(async () => {
    const jwk = { ...(await exportJWK(keys.publicKey)), alg: 'ES256', kid: 'k1' };
    const signer = {
      ...{ clientId: 'signer', name: 'A Signer', kind: 'machine', scopes: ['parcels:read'] },
      ...{ authentication: 'private-key-jwt', jwks: { keys: [jwk] } },
    } as never;
    await server.start({
      portcullis: { storage: memory(), audit: { maxFloodPerMinute: 1 } },
      server: { clients: [...CLIENTS, signer] },
    });
    for (let count = 0; count < 2; count++) {
      await ask({});
      await ask({ ...robot, client_secret: 'x'.repeat(40) });
    }
    before = running.events.all.length;
  });

  const ask = (fields: Record<string, string>) =>
    fetch(`${server.url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', ...fields }),
    });
  const robot = { client_id: 'robot', client_secret: SECRET };
  const signed = async () => {
    const claims = { iss: 'signer', sub: 'signer', aud: server.url, jti: 'one' };
    const assertion = new SignJWT({ ...claims, exp: Date.now() / 1000 + 60 });
    return {
      client_assertion_type: ASSERTION,
      client_assertion: await assertion.setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(keys.privateKey),
    };
  };

  /** How many of the refusals that have happened can be looked up. */
  const kept = async () => {
    const events = running.events.all.slice(before);
    const refused = events.filter(({ type }) => /^(?:oauth-server|request)\.refused$/.test(type));
    expect(refused.length).toBeGreaterThan(0);
    const audit = running.app.get(AuditTrail);
    const pages = await Promise.all(
      refused.map((event) => audit.list({ requestId: 'request' in event ? event.request?.requestId : '' })),
    );
    return pages.filter((page) => page?.entries.length === 1).length;
  };

  it.each<[string, () => Promise<Response>, number]>([
    ['a client with its secret that asks for another API', () => ask({ ...robot, resource: ELSEWHERE }), 1],
    [
      'a client with its signature that asks for another API',
      async () => ask({ ...(await signed()), resource: ELSEWHERE }),
      1,
    ],
    [
      'a client whose signature was used before',
      async () => {
        const fields = await signed();
        await ask(fields);
        return ask(fields);
      },
      1,
    ],
    ['a client that is only named', () => ask({ ...robot, client_secret: 'y'.repeat(40) }), 0],
    ['nobody', () => ask({}), 0],
  ])('of %s so much can be looked up', async (_, send, expected) => {
    expect((await send()).ok).toBe(false);
    expect(await kept()).toBe(expected);
  });
});
