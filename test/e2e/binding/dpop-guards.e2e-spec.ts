import { Controller, Get, Req, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { JwtGuard, UserIdentity } from '@portcullis/auth';
import { BoundDevice, ORIGIN } from '../../support/bound-calls.js';
import { noStrikes, ownTokens, userWith } from '../../support/credentials.js';
import { problemIn } from '../../support/http.js';
import { mistyped } from '../../support/mistyped.js';
import { describeOnPlatforms } from '../../support/running-app.js';

@Controller()
class GuardedController {
  @UseGuards(AuthGuard('jwt'))
  @Get('passport')
  passport(@Req() { user }: { user?: unknown }) {
    return user instanceof UserIdentity && user.confirmation !== undefined;
  }

  @UseGuards(JwtGuard, AuthGuard('jwt'), JwtGuard)
  @Get('several')
  several() {
    return true;
  }
}

describe.each([true, false])('with the global guard: %s', (globalGuard) => {
  describeOnPlatforms('one proof is enough for all guards of a request, on %s', (running) => {
    let device: BoundDevice;
    beforeAll(async () => {
      const portcullis = { tokens: ownTokens, bans: noStrikes, publicOrigins: [ORIGIN], globalGuard };
      await running.start({
        portcullis: { ...portcullis, registerPassport: true },
        controllers: [GuardedController],
      });
      device = await BoundDevice.of(running);
    });

    it.each(['/passport', '/several'])('%s', async (path) => {
      const headers = device.headers(path);
      const response = await running.get(path, headers);
      expect([response.status, await response.json()]).toEqual([200, true]);
      expect(await running.statusOf(path, headers)).toBe(401);
      expect(await running.statusOf(path, { authorization: `Bearer ${device.accessToken}` })).toBe(401);
      expect(await running.statusOf(path, await userWith(running.app))).toBe(200);
      expect(await running.statusOf(path)).toBe(401);
    });
  });
});

describeOnPlatforms('proofs and the rules for strikes, on %s', (running) => {
  const start = () =>
    running.start({
      portcullis: {
        tokens: ownTokens,
        publicOrigins: [ORIGIN],
        registerPassport: true,
        bans: { privateAddresses: true, strikeLimit: 20 },
      },
      controllers: [GuardedController],
    });
  const codesOf = async (device: () => Promise<object>, count: number) => {
    const codes: string[] = [];
    for (let call = 0; call < count; call++)
      codes.push((await problemIn(await running.get('/passport', await device()))).code);
    return codes;
  };

  it('forged ones cost as much as forged tokens', async () => {
    await start();
    const forged = async () => {
      const { Authorization, DPoP } = (await BoundDevice.of(running)).headers('/passport');
      return { Authorization, DPoP: mistyped(DPoP) };
    };
    expect(await codesOf(forged, 3)).toEqual(['invalid_dpop_proof', 'invalid_dpop_proof', 'address_banned']);
  });

  it('one that is repeated, and one that is late, cost far less', async () => {
    await start();
    const device = await BoundDevice.of(running);
    const once = device.headers('/passport');
    expect(await running.statusOf('/passport', once)).toBe(200);
    expect(await codesOf(async () => once, 3)).toEqual(Array(3).fill('invalid_dpop_proof'));
    const late = async () => device.headers('/passport', { claims: { iat: 1_000 } });
    expect(await codesOf(late, 20)).toEqual(Array(20).fill('use_dpop_nonce'));
  });
});
