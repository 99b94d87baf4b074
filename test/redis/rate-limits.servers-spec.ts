import { Controller, Get } from '@nestjs/common';
import { PortcullisModule, Public, RateLimit } from '@portcullis/auth';
import { redisLimiter } from '@portcullis/redis';
import { AnyRedis } from '../support/any-redis.js';
import { inParallel } from '../support/bursts.js';
import { type Booted, boot, platforms } from '../support/platforms.js';

@Controller()
class LimitedController {
  @RateLimit({ requests: 25, windowSeconds: 3600, by: 'address' })
  @Public()
  @Get('limited')
  limited() {
    return 'in';
  }
}

it('lets as many in at once as a limit says, by all instances of a Redis together', async () => {
  const server = await AnyRedis.open();
  const instances: Booted[] = [];
  try {
    for (const platform of platforms) {
      const limiter = redisLimiter({ redis: server.connect(), keyPrefix: `${server.namespace}rates` });
      const imports = [PortcullisModule.forRoot({ rateLimits: { limiter } })];
      instances.push(await boot(platform, { imports, controllers: [LimitedController] }));
    }
    const shots = Array.from(
      { length: 40 },
      () => ({ method: 'GET', path: '/limited', headers: {} }) as const,
    );
    const statuses = (await Promise.all(instances.map(({ url }) => inParallel(url, shots)))).flat();
    expect(statuses.filter((status) => status === 200)).toHaveLength(25);
    expect(statuses.filter((status) => status === 429)).toHaveLength(55);
  } finally {
    for (const { app } of instances) await app.close();
    await server.stop();
  }
});
