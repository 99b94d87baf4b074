import type { INestApplication } from '@nestjs/common';
import { PortcullisModule, type Storage } from '@portcullis/auth';
import { ORIGIN } from './bound-calls.js';
import { noStrikes, ownTokens, signingKey } from './credentials.js';
import { Partner } from './partner.js';
import { PlainRoutesController } from './plain-routes.js';
import { boot, platforms } from './platforms.js';

const portcullis = {
  tokens: { ...ownTokens, issuer: { ...ownTokens.issuer, signingKey } },
  publicOrigins: [ORIGIN],
  bans: noStrikes,
};

/** That a signature counts once on two instances with one storage, and after a restart of both; and that none works without one. */
export async function expectSignaturesOnceOnAll(open: () => Storage): Promise<void> {
  const start = () =>
    Promise.all(
      platforms.map((platform) =>
        boot(platform, {
          imports: [PortcullisModule.forRoot({ ...portcullis, storage: open() })],
          controllers: [PlainRoutesController],
        }),
      ),
    );
  let instances = await start();
  try {
    const partner = await Partner.of(instances[0]?.app as INestApplication);
    const statusAt = async (index: number, headers: Record<string, string>) => {
      const response = await fetch(`${instances[index]?.url}/app`, { headers });
      await response.arrayBuffer();
      return response.status;
    };
    const headers = partner.headers({ path: '/app' });
    const statuses = await Promise.all(Array.from({ length: 50 }, (_, use) => statusAt(use % 2, headers)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 401)).toHaveLength(49);

    await Promise.all(instances.map(({ app }) => app.close()));
    instances = await start();
    for (const index of [0, 1]) {
      expect(await statusAt(index, headers)).toBe(401);
      expect(await statusAt(index, { 'x-api-key': partner.apiKey })).toBe(401);
      expect(await statusAt(index, partner.headers({ path: '/app' }))).toBe(200);
    }
  } finally {
    await Promise.all(instances.map(({ app }) => app.close()));
  }
}
