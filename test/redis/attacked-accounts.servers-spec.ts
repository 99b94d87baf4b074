import { Body, Controller, Post, UnauthorizedException } from '@nestjs/common';
import { PortcullisModule, Public, Strikes } from '@portcullis/auth';
import { redisLimiter } from '@portcullis/redis';
import { AnyRedis } from '../support/any-redis.js';
import { EventRecorder } from '../support/events.js';
import { type Booted, boot, platforms } from '../support/platforms.js';

@Controller()
class LoginController {
  @Strikes({ event: 'login_failed', subject: 'username' })
  @Public()
  @Post('login')
  login(@Body() { password }: { password?: string }) {
    if (password !== 'right') throw new UnauthorizedException();
    return 'in';
  }
}

it('an account that is attacked at one instance, from many addresses, is slowed down at all of a Redis', async () => {
  const server = await AnyRedis.open();
  const instances: Booted[] = [];
  try {
    for (const platform of platforms) {
      const strikeLimiter = redisLimiter({
        redis: server.connect(),
        keyPrefix: `${server.namespace}strikes`,
      });
      const imports = [PortcullisModule.forRoot({ trustedProxies: ['127.0.0.1'], bans: { strikeLimiter } })];
      instances.push(await boot(platform, { imports, controllers: [LoginController] }));
    }
    const [here, there] = instances as [Booted, Booted];
    const events = new EventRecorder(there.app);
    const login = async ({ url }: Booted, from: string, username: string, password = 'wrong') => {
      const headers = { 'content-type': 'application/json', 'x-forwarded-for': from };
      const body = JSON.stringify({ username, password });
      return (await fetch(`${url}/login`, { method: 'POST', headers, body })).status;
    };
    const guesses = Array.from({ length: 10 }, (_, index) => login(here, `203.0.113.${index}`, 'ada'));
    expect(await Promise.all(guesses)).toEqual(Array(10).fill(401));
    const started = performance.now();
    expect(await login(there, '198.51.100.1', 'bob', 'right')).toBe(201);
    expect(events.of('account.attacked')).toEqual([]);
    expect(await login(there, '198.51.100.1', 'Ada ', 'right')).toBe(201);
    expect(events.of('account.attacked')).toMatchObject([{ failures: 10, delaySeconds: 1 }]);
    expect(performance.now() - started).toBeGreaterThanOrEqual(1_000);
    // From where it was logged in to nobody waits, whoever goes on elsewhere.
    const again = await login(there, '198.51.100.1', 'ada', 'right');
    expect([again, events.of('account.attacked').length]).toEqual([201, 1]);
  } finally {
    for (const { app } of instances) await app.close();
    await server.stop();
  }
});
