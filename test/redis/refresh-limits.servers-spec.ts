import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redisLimiter } from '@portcullis/redis';
import { sqlite } from '@portcullis/sql/sqlite';
import { Instance, KEYS } from '../sessions/two-instances.js';
import { AnyRedis } from '../support/any-redis.js';
import { platforms } from '../support/platforms.js';

it('a session is refreshed as often at once as the limit says, by all instances of a Redis together', async () => {
  const server = await AnyRedis.open();
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-refreshes-'));
  const instances: Instance[] = [];
  try {
    for (const platform of platforms) {
      const limiter = redisLimiter({ redis: server.connect(), keyPrefix: `${server.namespace}refreshes` });
      const storage = sqlite({ file: join(folder, 'store.db'), keyEncryptionKeys: KEYS });
      const options = { rateLimits: { limiter }, sessions: { refreshesPerMinute: 25 } };
      instances.push(await Instance.start(platform, storage, options));
    }
    const [one, other] = instances as [Instance, Instance];
    const [tokens, others] = [await one.login(), await one.login()];
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => (index % 2 ? one : other).refresh(tokens.refresh_token)),
    );
    expect(answers.filter((answer) => typeof answer === 'object')).toHaveLength(25);
    expect(answers.filter((answer) => answer === 429)).toHaveLength(15);
    // What was refused has neither ended the session nor changed its tokens, and other sessions have limits of their own.
    expect(await other.takes(tokens)).toBe(true);
    expect(await other.refresh(others.refresh_token)).toHaveProperty('access_token');
  } finally {
    for (const { app } of instances) await app.close();
    rmSync(folder, { recursive: true });
    await server.stop();
  }
}, 60_000);
