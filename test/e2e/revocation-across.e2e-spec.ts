import { type INestApplication, Logger } from '@nestjs/common';
import {
  MemoryApiKeyStore,
  MemoryBanStore,
  MemoryRevocationStore,
  PersonalTokenService,
  PortcullisHealth,
  PortcullisModule,
  RevocationService,
} from '@portcullis/auth';
import { memoryFeeds } from '@portcullis/testing';
import { noStrikes, ownTokens, signingKey, userWith } from '../support/credentials.js';
import { eventually } from '../support/eventually.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { boot, type Platform, platforms } from '../support/platforms.js';

interface Cluster {
  readonly apiKeys: MemoryApiKeyStore;
  readonly revocations: MemoryRevocationStore;
  /** One more instance, this much ahead. */
  readonly start: (aheadMs?: number) => Promise<Instance>;
}
type Instance = { app: INestApplication; statusOf: (headers: object) => Promise<number> };
type Revoke = (service: RevocationService) => Promise<unknown>;

const REVOCATIONS: [string, Revoke][] = [
  ['user', (service) => service.revokeUser('ada', { reason: 'left' })],
  ['client', (service) => service.revokeClient('web', { reason: 'leaked' })],
  ['issuer', (service) => service.revokeAll({ reason: 'restored' })],
];

/** Stories of instances that share all but their clocks run side by side: they wait for places in a second, and for what comes round. */
async function among(platform: Platform, tell: (cluster: Cluster) => Promise<void>): Promise<void> {
  const [apiKeys, revocations, feed] = [new MemoryApiKeyStore(), new MemoryRevocationStore(), memoryFeeds()];
  const apps: INestApplication[] = [];
  const start = async (aheadMs = 0): Promise<Instance> => {
    const portcullis = PortcullisModule.forRoot({
      tokens: { ...ownTokens, issuer: { ...ownTokens.issuer, signingKey }, clockToleranceSeconds: 0 },
      stores: { apiKeys, bans: new MemoryBanStore(), revocations },
      replication: { feed: feed() },
      bans: noStrikes,
      now: () => Date.now() + aheadMs,
    });
    const { app, url } = await boot(platform, {
      imports: [portcullis],
      controllers: [PlainRoutesController],
    });
    apps.push(app);
    return {
      app,
      statusOf: async (headers) => (await fetch(`${url}/user`, { headers: { ...headers } })).status,
    };
  };
  try {
    await tell({ apiKeys, revocations, start });
  } finally {
    for (const app of apps) await app.close();
  }
}

const settled = (instances: Instance[], headers: object, status: number) =>
  eventually(async () => {
    const statuses = await Promise.all(instances.map(({ statusOf }) => statusOf(headers)));
    return statuses.every((each) => each === status);
  });

describe.each(platforms)('instances whose clocks differ, on %s', (platform) => {
  it.concurrent.each(REVOCATIONS)(
    'cover by a revocation of the %s what the one that is ahead has issued before, wherever in the second that is',
    (_, revoke) =>
      among(platform, async ({ start }) => {
        const [behind, ahead] = [await start(), await start(400)];
        for (const millisecond of [200, 750]) {
          await eventually(() => Math.abs((Date.now() % 1_000) - millisecond) < 50);
          const before = await userWith(ahead.app);
          await revoke(behind.app.get(RevocationService));
          await settled([behind, ahead], before, 401);
          // Who logs in now is let in: there, and on the other.
          const after = await userWith(behind.app);
          expect(await behind.statusOf(after)).toBe(200);
          await settled([behind, ahead], after, 200);
        }
      }),
    60_000,
  );

  it.concurrent.each(REVOCATIONS)(
    'cover by a revocation of the %s who has logged in since another one a moment ago, elsewhere',
    (_, revoke) =>
      among(platform, async ({ start }) => {
        const [one, other] = [await start(), await start()];
        for (const [, first] of REVOCATIONS) {
          await first(one.app.get(RevocationService));
          const headers = await userWith(one.app);
          await revoke(other.app.get(RevocationService));
          await settled([one, other], headers, 401);
        }
      }),
    60_000,
  );

  it.concurrent(
    'hear of a user that is revoked also where personal tokens can not be ended, and owe that',
    () =>
      among(platform, async ({ apiKeys, start }) => {
        const [one, other] = [await start(), await start()];
        const headers = await userWith(one.app);
        Logger.overrideLogger(false);
        const { revoke } = apiKeys;
        await apiKeys.insert({
          ...{
            id: 'k1',
            hash: 'hash',
            name: 'script',
            issuer: ownTokens.issuer.url,
            subject: 'ada',
            scopes: [],
          },
          ...{
            owner: null,
            tenant: null,
            metadata: {},
            networks: null,
            rateLimit: null,
            publicKey: null,
            createdAt: 1,
            notBefore: 1,
          },
          ...{ expiresAt: null, replacedBy: null, disabledAt: null, revokedAt: null, revokedReason: null },
          ...{ lastUsedAt: null, lastUsedFrom: null },
        } as never);
        apiKeys.revoke = () => Promise.reject(new Error('the table is locked'));
        expect(one.app.get(PersonalTokenService)).toBeDefined();
        const revoking = one.app.get(RevocationService).revokeUser('ada', { reason: 'left' });
        await expect(revoking).rejects.toMatchObject({ code: 'temporarily_unavailable', status: 503 });
        await settled([one, other], headers, 401);
        const health = one.app.get(PortcullisHealth);
        expect(await health.check()).toMatchObject({ status: 'degraded', unfinishedWork: 1 });

        apiKeys.revoke = revoke;
        await eventually(async () => (await apiKeys.findById('k1'))?.revokedReason === 'left');
        await eventually(async () => (await health.check()).status === 'up');
        Logger.overrideLogger(undefined as never);
      }),
    30_000,
  );

  it.concurrent(
    'find what another has kept and could not publish, within ten seconds',
    () =>
      among(platform, async ({ revocations, start }) => {
        const instance = await start();
        const headers = await userWith(instance.app);
        expect(await instance.statusOf(headers)).toBe(200);
        // As by a process that died before it could tell.
        await revocations.save([
          {
            ...{ id: 'r1', type: 'user', issuer: ownTokens.issuer.url, subject: 'ada', reason: 'left' },
            ...{ revokedAt: Date.now(), expiresAt: Date.now() + 60_000 },
            issuedUntil: Math.ceil(Date.now() / 1_000),
          },
        ]);
        await settled([instance], headers, 401);
      }),
    30_000,
  );
});
