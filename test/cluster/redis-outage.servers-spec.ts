import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, type INestApplication, Post, Req } from '@nestjs/common';
import {
  ApiKeyService,
  BanService,
  ChallengePasses,
  PortcullisHealth,
  PortcullisModule,
  type PortcullisOptions,
  Public,
  RevocationService,
} from '@portcullis/auth';
import { redisChangeFeed, redisLimiter } from '@portcullis/redis';
import type { SqlStores } from '@portcullis/sql';
import { sqlite } from '@portcullis/sql/sqlite';
import { appWith, eachRefusal, ownTokens, signingKey, userWith } from '../support/credentials.js';
import { EventRecorder } from '../support/events.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { boot, platforms } from '../support/platforms.js';
import { RedisServer } from '../support/redis-server.js';

type Headers = Record<string, string>;

@Public()
@Controller('challenge')
class ChallengeController {
  constructor(private readonly passes: ChallengePasses) {}

  @Post()
  pass(@Req() request: Parameters<ChallengePasses['cookieFor']>[0]) {
    return this.passes.cookieFor(request);
  }
}

describe('instances that publish by Redis', () => {
  describe.each(platforms)('on %s', (platform) => {
    let folder: string;
    let server: RedisServer;
    let stores: SqlStores[];
    let apps: INestApplication[];

    const start = async (
      replication: PortcullisOptions['replication'] = {},
      banOptions: PortcullisOptions['bans'] = {},
    ) => {
      const store = sqlite({ file: join(folder, 'portcullis.db') }).open();
      stores.push(store);
      const { apiKeys, bans, revocations } = store;
      const redis = server.connect({ retryStrategy: () => 50 });
      const portcullis = PortcullisModule.forRoot({
        tokens: { ...ownTokens, issuer: { ...ownTokens.issuer, signingKey } },
        stores: { apiKeys, bans, revocations },
        replication: { feed: redisChangeFeed({ redis, stream: 'changes' }), ...replication },
        bans: {
          ...{ ...eachRefusal, strikeLimit: 4, ...banOptions },
          strikeLimiter: redisLimiter({ redis, keyPrefix: 'sums' }),
        },
        trustedProxies: ['127.0.0.1'],
      });
      const controllers = [PlainRoutesController, ChallengeController];
      const booted = await boot(platform, { imports: [portcullis], controllers });
      apps.push(booted.app);
      const statusOf = async (path: string, headers: Headers = {}) =>
        (await fetch(booted.url + path, { headers })).status;
      return { ...booted, statusOf, events: new EventRecorder(booted.app) };
    };
    const from = (address: string) => ({ 'x-forwarded-for': address });
    const untoldBy = async ({ app }: { app: INestApplication }) =>
      (await app.get(PortcullisHealth).check()).feed?.unpublishedChanges;

    beforeEach(async () => {
      stores = [];
      apps = [];
      folder = await mkdtemp(join(tmpdir(), 'portcullis-cluster-'));
      server = await RedisServer.start();
    });
    afterEach(async () => {
      for (const app of apps) await app.close();
      for (const store of stores) await store.close();
      await server?.stop();
      await rm(folder, { recursive: true });
    });

    it('count an attacker together, and ban as one', async () => {
      const [one, other] = [await start(), await start()];
      for (const instance of [one, other, one, other])
        expect(await instance.statusOf('/user', from('203.0.113.7'))).toBe(401);
      // The last strike is not always the last that Redis counts.
      await Promise.any([one, other].map(({ events }) => events.first('address.banned')));
      for (const instance of [one, other])
        await eventually(async () => (await instance.statusOf('/user', from('203.0.113.7'))) === 403);
      expect([...one.events.of('address.banned'), ...other.events.of('address.banned')]).toHaveLength(1);
    });

    it('go on through an outage, and agree again after it', async () => {
      const [one, other] = [await start(), await start()];
      const user = await userWith(one.app);
      const app = await appWith(one.app);
      await one.app.get(BanService).ban('203.0.113.9', { reason: 'before' });
      await eventually(async () => (await other.statusOf('/user', from('203.0.113.9'))) === 403);
      for (const { statusOf } of [one, other]) expect(await statusOf('/user', user)).toBe(200);

      await server.kill();
      // Nobody who is known notices; what can't be published is refused as such, and holds here.
      for (let count = 0; count < 10; count++) {
        for (const { statusOf } of [one, other]) {
          expect([await statusOf('/user', user), await statusOf('/app', app)]).toEqual([200, 200]);
          expect(await statusOf('/user', from('203.0.113.9'))).toBe(403);
        }
      }
      const revocations = one.app.get(RevocationService);
      await expect(revocations.revokeUser('ada', { reason: 'stolen' })).rejects.toThrow();
      await expect(one.app.get(BanService).ban('203.0.113.8', { reason: 'during' })).rejects.toThrow();
      expect(await one.statusOf('/user', user)).toBe(401);

      // It comes back without its data.
      await server.run();
      await eventually(async () => (await other.statusOf('/user', user)) === 401);
      await eventually(async () => (await other.statusOf('/user', from('203.0.113.8'))) === 403);
      const keys = await one.app.get(ApiKeyService).revokeAllOf({ appId: 'depot' });
      expect(keys).toBe(1);
      await eventually(async () => (await other.statusOf('/app', app)) === 401);
    }, 60_000);

    it('refuse whom they ban and what they revoke while Redis is frozen, and keep honest callers waiting for no longer than they wait for it', async () => {
      const [one, other] = [await start(), await start()];
      const [user, stolen] = [await userWith(one.app), await userWith(one.app, [], 'bob')];
      const attacker = from('203.0.113.7');
      for (let guess = 1; guess < 4; guess++) expect(await one.statusOf('/user', attacker)).toBe(401);
      await eventually(() => one.events.of('address.struck').length === 3);

      server.freeze();
      try {
        const revoking = one.app
          .get(RevocationService)
          .revokeUser('bob', { reason: 'stolen' })
          .catch((error) => error);
        await eventually(async () => (await one.statusOf('/user', stolen)) === 401);
        expect(await one.statusOf('/user', attacker)).toBe(401);
        await eventually(async () => (await one.statusOf('/public', attacker)) === 403);
        // The other goes on from what it has seen itself.
        const another = from('203.0.113.8');
        for (let guess = 1; guess < 5; guess++) expect(await other.statusOf('/user', another)).toBe(401);
        await eventually(async () => (await other.statusOf('/public', another)) === 403);
        // They are decided, and not only held until then.
        for (const { events } of [one, other]) await events.first('address.banned');
        const asked = Date.now();
        for (const { statusOf } of [one, other]) expect(await statusOf('/user', user)).toBe(200);
        expect(Date.now() - asked).toBeLessThan(10_000);
        expect(await revoking).toMatchObject({ code: 'temporarily_unavailable' });
        expect(await untoldBy(one)).toBeGreaterThan(0);
      } finally {
        server.thaw();
      }
      await eventually(async () => (await untoldBy(one)) === 0);
      await eventually(async () => (await other.statusOf('/user', stolen)) === 401);
    }, 60_000);

    it('go on against an attacker where they were when Redis went away, and with who holds a pass', async () => {
      const challenge = { path: '/challenge', secrets: ['a secret of at least 32 bytes, of all'] };
      const one = await start({}, { challenge });
      const attacker = from('203.0.113.7');
      for (let guess = 1; guess < 4; guess++) expect(await one.statusOf('/user', attacker)).toBe(401);
      await eventually(() => one.events.of('address.struck').length === 3);

      await server.kill();
      expect(await one.statusOf('/user', attacker)).toBe(401);
      const [banned] = await one.events.first('address.banned');
      expect(banned?.ban).toMatchObject({ network: '203.0.113.7/32', rule: 'refusals' });
      expect(await one.statusOf('/public', attacker)).toBe(403);

      const passOf = async (headers: Headers) =>
        (await (await fetch(`${one.url}/challenge`, { method: 'POST', headers })).text()).split(';')[0] ?? '';
      const pass = await passOf(attacker);
      const others = await passOf(from('203.0.113.8'));
      const forged = pass.replace(/=(\d+)/, (_, ends: string) => `=${Number(ends) + 60}`);
      const statuses = async () =>
        Promise.all([pass, others, forged].map((cookie) => one.statusOf('/public', { ...attacker, cookie })));
      expect(await statuses()).toEqual([200, 403, 403]);
      await server.run();
      await eventually(async () => (await one.app.get(PortcullisHealth).check()).status === 'up');
      expect(await statuses()).toEqual([200, 403, 403]);
      expect(one.events.of('address.banned')).toHaveLength(1);
    }, 60_000);

    it('vouch for nobody once they have been cut off for too long, until they have caught up', async () => {
      const [one, lenient] = [
        await start({ maxStalenessSeconds: 2 }),
        await start({ maxStalenessSeconds: 2, whenStale: 'accept' }),
      ];
      const user = await userWith(one.app);
      const becomes = (status: number) =>
        eventually(async () => (await one.statusOf('/user', user)) === status);
      await becomes(200);
      await server.kill();
      await becomes(503);
      await one.events.first('replicas.stale');
      const response = await fetch(`${one.url}/user`, { headers: user });
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
      expect(await lenient.statusOf('/user', user)).toBe(200);
      await server.run();
      await becomes(200);
      await one.events.first('replicas.fresh');
    }, 60_000);

    it('vouch for nobody either while Redis is a replica that hears of nothing', async () => {
      const [one, other] = [
        await start({ maxStalenessSeconds: 2 }),
        await start({ maxStalenessSeconds: 2, whenStale: 'accept' }),
      ];
      const user = await userWith(one.app);
      const health = async () => (await one.app.get(PortcullisHealth).check()).status;
      const becomes = (status: number, said: string) =>
        eventually(async () => (await one.statusOf('/user', user)) === status && (await health()) === said);
      await becomes(200, 'up');

      await server.connect().replicaof('127.0.0.1', await freePort());
      await becomes(503, 'down');
      const revocations = other.app.get(RevocationService);
      await expect(revocations.revokeUser('ada', { reason: 'stolen' })).rejects.toThrow();

      await server.connect().replicaof('NO', 'ONE');
      await becomes(401, 'up');
    }, 60_000);
  });
});
