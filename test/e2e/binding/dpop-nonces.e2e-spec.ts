import { BoundDevice, ORIGIN } from '../../support/bound-calls.js';
import { TestClock } from '../../support/clock.js';
import { noStrikes, ownTokens } from '../../support/credentials.js';
import { problemIn } from '../../support/http.js';
import { PlainRoutesController } from '../../support/plain-routes.js';
import { describeOnPlatforms } from '../../support/running-app.js';

const clock = new TestClock().stop();
const partsWith = (nonce: 'accept' | 'demand') => ({
  portcullis: {
    tokens: ownTokens,
    bans: noStrikes,
    publicOrigins: [ORIGIN],
    binding: { nonce },
    now: clock.now,
  },
  controllers: [PlainRoutesController],
});

describeOnPlatforms('a client whose clock is off, on %s', (running) => {
  let device: BoundDevice;
  beforeAll(async () => {
    await running.start(partsWith('accept'));
    device = await BoundDevice.of(running);
  });

  const get = (claims: object) => running.get('/user', device.headers('/user', { claims: { ...claims } }));

  it('is given a nonce, and is accepted with it, whatever time it says', async () => {
    const refused = await get({ iat: 1_000 });
    expect(refused.status).toBe(401);
    expect((await problemIn(refused)).code).toBe('use_dpop_nonce');
    expect(refused.headers.get('www-authenticate')).toMatch(/^DPoP .*error="use_dpop_nonce"$/);
    const nonce = refused.headers.get('dpop-nonce') as string;
    for (const iat of [0, 1_000, 1e12]) {
      const accepted = await get({ iat, nonce });
      expect([accepted.status, accepted.headers.get('dpop-nonce')]).toEqual([200, null]);
    }
    expect((await get({ iat: 1_000, nonce, jti: 'a' })).status).toBe(200);
    expect((await get({ iat: 1_000, nonce, jti: 'a' })).status).toBe(401);
  });

  it('is given the next nonce before the one that it has is over, and none that is over counts', async () => {
    const nonce = (await get({ iat: 1_000 })).headers.get('dpop-nonce') as string;
    clock.forward(60);
    const accepted = await get({ iat: 1_000, nonce });
    const next = accepted.headers.get('dpop-nonce') as string;
    expect(accepted.status).toBe(200);
    expect(next).not.toBe(nonce);
    expect((await get({ iat: 1_000, nonce: next })).headers.get('dpop-nonce')).toBeNull();
    clock.forward(60);
    const over = await get({ iat: Math.floor(clock.now() / 1_000), nonce });
    expect([over.status, (await problemIn(over)).code]).toEqual([401, 'use_dpop_nonce']);
  });

  it.each(['', 'x', 'x'.repeat(43)])(
    'gets another one for the nonce %j, also at a good time',
    async (nonce) => {
      const refused = await get({ iat: Math.floor(clock.now() / 1_000), nonce });
      expect([refused.status, (await problemIn(refused)).code]).toEqual([401, 'use_dpop_nonce']);
      expect(refused.headers.get('dpop-nonce')).toMatch(/^[\w-]{43}$/);
    },
  );

  it('gets none where anything else is wrong', async () => {
    const refused = await get({ iat: 1_000, htm: 'POST' });
    expect([refused.status, (await problemIn(refused)).code]).toEqual([401, 'invalid_dpop_proof']);
    expect(refused.headers.get('dpop-nonce')).toBeNull();
  });
});

describeOnPlatforms('an app that demands nonces, on %s', (running) => {
  it('accepts no proof without one, and gives one with every challenge', async () => {
    await running.start(partsWith('demand'));
    const device = await BoundDevice.of(running);
    const iat = () => Math.floor(clock.now() / 1_000);
    const without = await running.get('/user', device.headers('/user', { claims: { iat: iat() } }));
    expect([without.status, (await problemIn(without)).code]).toEqual([401, 'use_dpop_nonce']);
    const nonce = without.headers.get('dpop-nonce') as string;
    expect((await running.get('/user')).headers.get('dpop-nonce')).toBe(nonce);
    const withNonce = device.headers('/user', { claims: { iat: iat(), nonce } });
    expect(await running.statusOf('/user', withNonce)).toBe(200);
  });
});
