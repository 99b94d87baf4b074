import type { INestApplication } from '@nestjs/common';
import { ApiKeyService, BanService, type ChangeFeed, PortcullisModule } from '@portcullis/auth';
import { redisChangeFeed } from '@portcullis/redis';
import type { SqlStores } from '@portcullis/sql';
import { postgres } from '@portcullis/sql/postgres';
import { noStrikes, ownTokens, signingKey, userWith } from '../support/credentials.js';
import { eventually } from '../support/eventually.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { boot, platforms } from '../support/platforms.js';
import { PostgresServer } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';

type Headers = Record<string, string>;

const FIVE_MINUTES = 300_000;
describe('instances of which one has a clock that is off by five minutes', () => {
  let server: PostgresServer;
  let redis: RedisServer;
  let stores: SqlStores[];
  let apps: INestApplication[];
  beforeAll(async () => {
    [server, redis] = await Promise.all([PostgresServer.start(), RedisServer.start()]);
  });
  afterAll(async () => {
    await Promise.all([server?.stop(), redis?.stop()]);
  });
  beforeEach(() => {
    stores = [];
    apps = [];
  });
  afterEach(async () => {
    for (const app of apps) await app.close();
    for (const store of stores) await store.close();
  });

  describe.each(platforms)('on %s', (platform) => {
    const start = async (feedOf: (stores: SqlStores) => ChangeFeed, offset: number) => {
      const store = postgres({ url: server.url }).open();
      stores.push(store);
      const { apiKeys, bans, revocations } = store;
      const portcullis = PortcullisModule.forRoot({
        tokens: { ...ownTokens, issuer: { ...ownTokens.issuer, signingKey, lifetimeSeconds: 60 } },
        stores: { apiKeys, bans, revocations },
        replication: { feed: feedOf(store) },
        bans: noStrikes,
        trustedProxies: ['127.0.0.1'],
        now: () => Date.now() + offset,
      });
      const booted = await boot(platform, { imports: [portcullis], controllers: [PlainRoutesController] });
      apps.push(booted.app);
      const statusOf = async (path: string, headers: Headers = {}) =>
        (await fetch(booted.url + path, { headers })).status;
      return { ...booted, statusOf };
    };

    const feeds: [string, (stores: SqlStores) => ChangeFeed][] = [
      ['PostgreSQL', ({ feed }) => feed],
      ['Redis', () => redisChangeFeed({ redis: redis.connect(), stream: 'changes' })],
    ];
    const offsets: [string, number][] = [
      ['ahead', FIVE_MINUTES],
      ['behind', -FIVE_MINUTES],
    ];
    describe.each(feeds)('that share the clock of %s', (_, feedOf) => {
      it.each(offsets)('refuse no live credential, nor let in a banned address: %s', async (_, offset) => {
        const right = await start(feedOf, 0);
        const wrong = await start(feedOf, offset);
        for (const [maker, judge] of [
          [right, wrong],
          [wrong, right],
        ] as const) {
          expect(await judge.statusOf('/user', await userWith(maker.app))).toBe(200);
          const { key } = await maker.app
            .get(ApiKeyService)
            .create({ appId: 'depot', name: 'Depot', lifetimeSeconds: 60 });
          expect(await judge.statusOf('/app', { 'x-api-key': key })).toBe(200);
          const bans = maker.app.get(BanService);
          await bans.ban('203.0.113.9', { reason: 'scanners', seconds: 60 });
          await eventually(
            async () => (await judge.statusOf('/user', { 'x-forwarded-for': '203.0.113.9' })) === 403,
          );
          await bans.forgive('203.0.113.9', {});
        }
      });
    });
  });
});
