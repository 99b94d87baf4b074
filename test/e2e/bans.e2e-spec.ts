import { type Ban, BanService, MemoryBanStore } from '@portcullis/auth';
import { TestClock } from '../support/clock.js';
import { eachRefusal, ownTokens } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { describeOnPlatforms } from '../support/running-app.js';

const loopback = '127.0.0.1/32';

describeOnPlatforms('bans on %s', (running) => {
  let clock: TestClock;

  const { statusOf } = running;
  /** Offends until the next ban comes. */
  const offend = async (): Promise<Ban> => {
    const count = running.events.of('address.banned').length + 1;
    expect(await statusOf('/user')).toBe(401);
    expect(await statusOf('/user')).toBe(401);
    const banned = await running.events.first('address.banned', count);
    return banned.at(-1)?.ban as Ban;
  };
  const secondsOf = ({ createdAt, expiresAt }: Ban) => (expiresAt - createdAt) / 1000;

  beforeEach(async () => {
    clock = new TestClock().stop();
    const bans = {
      ...eachRefusal,
      strikeLimit: 2,
      durationsSeconds: [10, 100],
      forgetAfterSeconds: 1000,
      privateAddresses: true,
    };
    await running.start({
      portcullis: { tokens: ownTokens, bans, now: clock.now },
      controllers: [PlainRoutesController],
    });
  });

  it('refuse with a problem that says when to come again, and not why', async () => {
    await running.app.get(BanService).ban('127.0.0.1', { reason: 'a secret reason', seconds: 30 });
    const response = await running.fetch('/public');
    expect(response.status).toBe(403);
    expect(response.headers.get('retry-after')).toBe('30');
    expect(response.headers.get('www-authenticate')).toBeNull();
    expect(await problemIn(response)).toEqual({
      type: 'about:blank',
      title: 'Address banned',
      status: 403,
      detail: 'Requests from this address are refused for now.',
      code: 'address_banned',
      requestId: expect.any(String),
    });
  });

  it('hold for every path, known or not, and for every method', async () => {
    await running.app.get(BanService).ban('127.0.0.0/8', { reason: 'test' });
    for (const path of ['/public', '/user', '/no-such-path', '/.well-known/jwks.json']) {
      expect(await statusOf(path)).toBe(403);
    }
    for (const method of ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      expect((await running.fetch('/public', { method })).status).toBe(403);
    }
  });

  it('end by themselves', async () => {
    await offend();
    expect(await statusOf('/public')).toBe(403);
    clock.forward(8);
    expect(await statusOf('/public')).toBe(403);
    clock.forward(2);
    expect(await statusOf('/public')).toBe(200);
  });

  it('last longer the second time, and as long as that every further time', async () => {
    const durations: number[] = [];
    for (let offence = 1; offence <= 3; offence++) {
      const ban = await offend();
      expect(ban).toMatchObject({ network: loopback, offence });
      durations.push(secondsOf(ban));
      clock.forward(secondsOf(ban));
    }
    expect(durations).toEqual([10, 100, 100]);
  });

  it('are forgotten after good behaviour', async () => {
    expect(secondsOf(await offend())).toBe(10);
    clock.forward(10 + 1000);
    expect(secondsOf(await offend())).toBe(10);
  });

  it('start counting from nothing when they end', async () => {
    await offend();
    clock.forward(10);
    expect(await statusOf('/user')).toBe(401);
    const struck = await running.events.first('address.struck', 3);
    expect(struck.at(-1)?.total).toBe(1);
    expect(await statusOf('/public')).toBe(200);
  });

  it('are lifted at once by an operator', async () => {
    const ban = await offend();
    const lifted = await running.app.get(BanService).unban(ban.id, { actor: 'root' });
    const liftedAt = lifted?.liftedAt as number;
    expect(liftedAt).toBe(clock.now());
    expect(lifted).toEqual({ ...ban, expiresAt: liftedAt, liftedAt, liftedBy: 'root' });
    expect(await statusOf('/public')).toBe(200);
    expect(running.events.of('address.unbanned')).toEqual([
      { type: 'address.unbanned', ban: lifted, forgiven: false, actor: 'root' },
    ]);
  });

  it('leave nothing behind when they are forgiven: no strike, and no earlier offence', async () => {
    expect(await statusOf('/user')).toBe(401);
    await running.events.first('address.struck');
    const ban = await running.app.get(BanService).ban('127.0.0.1', { reason: 'a mistake' });
    await running.app.get(BanService).forgive(ban.network);
    expect(await statusOf('/user')).toBe(401);
    const struck = await running.events.first('address.struck', 2);
    expect(struck.at(-1)?.total).toBe(1);
    expect(await statusOf('/user')).toBe(401);
    const banned = await running.events.first('address.banned', 2);
    expect(banned.at(-1)?.ban.offence).toBe(1);
  });

  it('cannot be lifted twice', async () => {
    const ban = await offend();
    await running.app.get(BanService).unban(ban.id);
    expect(await running.app.get(BanService).unban(ban.id)).toBeUndefined();
  });

  it('of a network cover each of its addresses and no other', async () => {
    await running.app.get(BanService).ban('127.0.0.0/30', { reason: 'test' });
    expect(await statusOf('/public')).toBe(403);
    const [ban] = (await running.app.get(BanService).list()).bans;
    await running.app.get(BanService).unban(ban?.id as string);
    await running.app.get(BanService).ban('127.0.0.2/31', { reason: 'test' });
    expect(await statusOf('/public')).toBe(200);
  });
});

describeOnPlatforms('kept bans on %s', (running) => {
  it('hold again after a restart', async () => {
    const parts = {
      portcullis: {
        tokens: ownTokens,
        stores: { bans: new MemoryBanStore() },
        bans: { privateAddresses: true },
      },
      controllers: [PlainRoutesController],
    };
    await running.start(parts);
    await running.app.get(BanService).ban('127.0.0.1', { reason: 'test' });

    await running.start(parts);
    expect(await running.statusOf('/public')).toBe(403);
  });
});
