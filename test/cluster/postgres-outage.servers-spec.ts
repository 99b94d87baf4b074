import type { INestApplication } from '@nestjs/common';
import { ApiKeyService, BanService, PortcullisModule, RevocationService } from '@portcullis/auth';
import type { SqlStores } from '@portcullis/sql';
import { postgres } from '@portcullis/sql/postgres';
import { appWith, noStrikes, ownTokens, signingKey, userWith } from '../support/credentials.js';
import { EventRecorder } from '../support/events.js';
import { eventually } from '../support/eventually.js';
import { MadeKey } from '../support/made-key.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { boot, platforms } from '../support/platforms.js';
import { PostgresServer } from '../support/postgres-server.js';
import { SlowRelay } from '../support/slow-relay.js';

type Headers = Record<string, string>;

/** Long enough for all that is asked meanwhile, on a slow machine. */
const CACHE_SECONDS = 6;
const STALE_SECONDS = 7;

describe('instances that share a PostgreSQL', () => {
  describe.each(platforms)('on %s', (platform) => {
    let server: PostgresServer;
    let relay: SlowRelay;
    let stores: SqlStores[];
    let apps: INestApplication[];

    const start = async (url = server.url, maxStalenessSeconds = 30) => {
      const store = postgres({ url }).open();
      stores.push(store);
      const { apiKeys, bans, revocations, feed } = store;
      const portcullis = PortcullisModule.forRoot({
        tokens: { ...ownTokens, issuer: { ...ownTokens.issuer, signingKey } },
        apiKeys: { cacheSeconds: CACHE_SECONDS },
        stores: { apiKeys, bans, revocations },
        replication: { feed, maxStalenessSeconds },
        bans: noStrikes,
        trustedProxies: ['127.0.0.1'],
      });
      const booted = await boot(platform, { imports: [portcullis], controllers: [PlainRoutesController] });
      apps.push(booted.app);
      const ask = (path: string, headers: Headers = {}) => fetch(booted.url + path, { headers });
      const statusOf = async (path: string, headers?: Headers) => (await ask(path, headers)).status;
      return { ...booted, ask, statusOf, events: new EventRecorder(booted.app) };
    };
    const from = (address: string) => ({ 'x-forwarded-for': address });

    beforeEach(async () => {
      server = await PostgresServer.start();
      relay = await SlowRelay.to(Number(new URL(server.url).port));
      stores = [];
      apps = [];
    });
    afterEach(async () => {
      relay.delayMs = 0;
      for (const app of apps) await app.close();
      for (const store of stores) await store.close();
      await relay.stop();
      await server.stop();
    });

    it('go on through its outage for whom they know, and send others to come again', async () => {
      const [one, other] = [await start(server.url, STALE_SECONDS), await start(server.url, STALE_SECONDS)];
      const user = await userWith(one.app);
      const [known, unknown] = [await appWith(one.app), await appWith(one.app)];
      await one.app.get(BanService).ban('203.0.113.9', { reason: 'before' });
      await eventually(async () => (await other.statusOf('/user', from('203.0.113.9'))) === 403);
      for (const { statusOf } of [one, other]) {
        expect([await statusOf('/user', user), await statusOf('/app', known)]).toEqual([200, 200]);
      }

      await server.kill();
      for (const { ask, statusOf } of [one, other]) {
        expect([await statusOf('/user', user), await statusOf('/app', known)]).toEqual([200, 200]);
        expect(await statusOf('/user', from('203.0.113.9'))).toBe(403);
        const refused = await ask('/app', unknown);
        expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
        // What needs no store to be judged is judged.
        expect(await statusOf('/app', { 'x-api-key': 'nonsense' })).toBe(401);
        expect(await statusOf('/user', { authorization: 'Bearer nonsense' })).toBe(401);
      }
      const revocations = one.app.get(RevocationService);
      await expect(revocations.revokeUser('ada', { reason: 'stolen' })).rejects.toThrow();
      // Whom they knew they know for as long as they said.
      await eventually(async () => (await one.statusOf('/app', known)) === 503);
      // And tokens, until they may have been revoked elsewhere.
      for (const { statusOf } of [one, other])
        await eventually(async () => (await statusOf('/user', user)) === 503);

      await server.run();
      await eventually(async () => (await one.statusOf('/app', known)) === 200);
      await eventually(async () => (await other.statusOf('/app', unknown)) === 200);
      expect(await one.app.get(ApiKeyService).revokeAllOf({ appId: 'depot' })).toBe(2);
      await eventually(async () => (await other.statusOf('/app', known)) === 401);
      await revocations.revokeUser('ada', { reason: 'stolen' });
      await eventually(async () => (await other.statusOf('/user', user)) === 401);
    }, 60_000);

    it('let a slow one keep nobody waiting whom they know', async () => {
      const { url } = server;
      const { app, ask, statusOf } = await start(url.replace(new URL(url).port, `${relay.port}`));
      const user = await userWith(app);
      const [known, unknown] = [await appWith(app), await appWith(app)];
      expect([await statusOf('/user', user), await statusOf('/app', known)]).toEqual([200, 200]);

      relay.delayMs = 2_000;
      const order: string[] = [];
      const waiting = ask('/app', unknown).then(({ status }) => order.push(`unknown ${status}`));
      for (let count = 0; count < 5; count++)
        expect([await statusOf('/user', user), await statusOf('/app', known)]).toEqual([200, 200]);
      order.push('known');
      await waiting;
      expect(order).toEqual(['known', 'unknown 200']);

      // A crowd of strangers is sent away, and not gathered.
      const strangers = Array.from({ length: 300 }, () => ({ 'x-api-key': new MadeKey('ptc').text }));
      const crowd = await Promise.all(strangers.map((stranger) => statusOf('/app', stranger)));
      expect(new Set(crowd)).toEqual(new Set([401, 503]));
    }, 60_000);
  });
});
