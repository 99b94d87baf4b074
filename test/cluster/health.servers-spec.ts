import { Controller, Get, type INestApplication } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { PortcullisHealth, PortcullisModule, Public } from '@portcullis/auth';
import type { SqlStores } from '@portcullis/sql';
import { postgres } from '@portcullis/sql/postgres';
import { ownTokens } from '../support/credentials.js';
import { eventually } from '../support/eventually.js';
import { boot, platforms } from '../support/platforms.js';
import { PostgresServer } from '../support/postgres-server.js';

@Controller()
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly portcullis: PortcullisHealth,
  ) {}

  @Public()
  @Get('ready')
  @HealthCheck()
  ready() {
    return this.health.check([() => this.portcullis.isHealthy('portcullis')]);
  }
}

describe('the health of an app, as @nestjs/terminus reports it', () => {
  let server: PostgresServer;
  let stores: SqlStores;
  let app: INestApplication;
  let url: string;
  beforeEach(async () => {
    server = await PostgresServer.start();
    stores = postgres({ url: server.url }).open();
  });
  afterEach(async () => {
    await app?.close();
    await stores.close();
    await server.stop();
  });

  async function start(platform: (typeof platforms)[number], whenStale: 'reject' | 'accept'): Promise<void> {
    const { apiKeys, bans, revocations, feed } = stores;
    const portcullis = PortcullisModule.forRoot({
      tokens: ownTokens,
      stores: { apiKeys, bans, revocations },
      replication: { feed, maxStalenessSeconds: 4, whenStale },
    });
    const imports = [portcullis, TerminusModule.forRoot({ logger: false })];
    ({ app, url } = await boot(platform, { imports, controllers: [HealthController] }));
  }
  const ask = async () => {
    const response = await fetch(`${url}/ready`);
    return { code: response.status, body: await response.text() };
  };
  const become = (code: number, status: string) =>
    eventually(async () => {
      const { code: present, body } = await ask();
      return present === code && JSON.parse(body).status === status;
    });

  it.each(platforms)(
    'on %s is degraded during an outage, down once it is stale, and up again',
    async (platform) => {
      await start(platform, 'reject');
      const up = { portcullis: { status: 'up' } };
      expect(await ask()).toEqual({
        code: 200,
        body: JSON.stringify({ status: 'ok', info: up, error: {}, details: up }),
      });
      await server.kill();
      await become(200, 'degraded');
      await become(503, 'error');
      const down = { portcullis: { status: 'down' } };
      expect(await ask()).toEqual({
        code: 503,
        body: JSON.stringify({ status: 'error', info: {}, error: down, details: down }),
      });
      await server.run();
      await become(200, 'ok');
    },
  );

  it('is never down where stale instances go on', async () => {
    await start('fastify', 'accept');
    await server.kill();
    const health = app.get(PortcullisHealth);
    await eventually(async () => (await health.check()).feed?.isStale === true);
    expect(await ask()).toMatchObject({ code: 200, body: expect.stringContaining('degraded') });
  });
});
