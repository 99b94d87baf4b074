import { PortcullisModule, type Storage, TokenIssuer } from '@portcullis/auth';
import { TestProofKey } from '@portcullis/testing';
import { BoundDevice, ORIGIN } from './bound-calls.js';
import { noStrikes, ownTokens, signingKey } from './credentials.js';
import { PlainRoutesController } from './plain-routes.js';
import { boot, platforms } from './platforms.js';

const portcullis = {
  tokens: { ...ownTokens, issuer: { ...ownTokens.issuer, signingKey } },
  publicOrigins: [ORIGIN],
  bans: noStrikes,
};

/** That a proof counts once on two instances with one storage, and after a restart of both; and that each accepts the nonces of the other. */
export async function expectOnceOnAll(open: () => Storage): Promise<void> {
  const start = () =>
    Promise.all(
      platforms.map((platform) =>
        boot(platform, {
          imports: [PortcullisModule.forRoot({ ...portcullis, storage: open() })],
          controllers: [PlainRoutesController],
        }),
      ),
    );
  const key = new TestProofKey();
  let instances = await start();
  try {
    const user = { subject: 'ada', clientId: 'phone', confirmation: key.confirmation };
    const issuer = instances[0]?.app.get(TokenIssuer) as TokenIssuer;
    const device = new BoundDevice(key, (await issuer.issue(user)).accessToken);
    const statusAt = async (index: number, headers: Record<string, string>) => {
      const response = await fetch(`${instances[index]?.url}/user`, { headers });
      await response.arrayBuffer();
      return response.status;
    };
    const headers = device.headers('/user');
    const statuses = await Promise.all(Array.from({ length: 50 }, (_, use) => statusAt(use % 2, headers)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 401)).toHaveLength(49);

    const asked = await fetch(`${instances[0]?.url}/user`, {
      headers: device.headers('/user', { claims: { iat: 1_000 } }),
    });
    const nonce = asked.headers.get('dpop-nonce') ?? '';
    const withNonce = device.headers('/user', { claims: { iat: 1_000, nonce } });
    expect([await statusAt(1, withNonce), await statusAt(0, withNonce)]).toEqual([200, 401]);

    await Promise.all(instances.map(({ app }) => app.close()));
    instances = await start();
    for (const index of [0, 1])
      expect([await statusAt(index, headers), await statusAt(index, withNonce)]).toEqual([401, 401]);
    expect(await statusAt(0, device.headers('/user'))).toBe(200);
  } finally {
    await Promise.all(instances.map(({ app }) => app.close()));
  }
}
