import { type Storage, TokenIssuer } from '@portcullis/auth';
import { TestProofKey } from '@portcullis/testing';
import { BoundDevice } from './bound-calls.js';
import { TwoPlatforms } from './two-platforms.js';

/** That a proof counts once on two instances with one storage, and after a restart of both; and that each accepts the nonces of the other. */
export function expectOnceOnAll(open: () => Storage): Promise<void> {
  return TwoPlatforms.run(open, async (instances) => {
    const key = new TestProofKey();
    const user = { subject: 'ada', clientId: 'phone', confirmation: key.confirmation };
    const { accessToken } = await instances.app.get(TokenIssuer).issue(user);
    const device = new BoundDevice(key, accessToken);
    const statusAt = (index: number, headers: Record<string, string>) =>
      instances.statusAt(index, '/user', headers);
    const headers = device.headers('/user');
    await instances.expectOneOfFifty('/user', headers);

    const asked = await instances.ask(0, '/user', device.headers('/user', { claims: { iat: 1_000 } }));
    const nonce = asked.headers.get('dpop-nonce') ?? '';
    const withNonce = device.headers('/user', { claims: { iat: 1_000, nonce } });
    expect([await statusAt(1, withNonce), await statusAt(0, withNonce)]).toEqual([200, 401]);

    await instances.restart();
    for (const index of [0, 1])
      expect([await statusAt(index, headers), await statusAt(index, withNonce)]).toEqual([401, 401]);
    expect(await statusAt(0, device.headers('/user'))).toBe(200);
  });
}
