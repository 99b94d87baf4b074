import { TerminusModule } from '@nestjs/terminus';
import { PortcullisModule } from '@portcullis/auth';
import { importFrom, layOut } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';

const PAGE = 'docs/guides/health.md';
const laidOut = await layOut(PAGE);
const { HealthController } = await importFrom(laidOut, PAGE)('health.controller.ts');

afterAll(laidOut.remove);

it.each(platforms)('shows a load balancer on %s whether to send requests', async (platform) => {
  const { app, url } = await boot(platform, {
    imports: [PortcullisModule.forRoot({}), TerminusModule],
    controllers: [HealthController],
  });
  const answer = await fetch(`${url}/health/ready`);
  expect([answer.status, await answer.json()]).toMatchObject([200, { status: 'ok' }]);
  await app.close();
});
