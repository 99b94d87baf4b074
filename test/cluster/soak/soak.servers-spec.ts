import { soak } from './soak.js';
import type { StoreName } from './stores.js';

/** What `npm run soak` says; otherwise a short run that is part of all tests, by another lot each time. */
const { SOAK_SECONDS = '20', SOAK_SEED, SOAK_ON = 'sqlite,postgres', SOAK_GO_ON } = process.env;
const seed = Number(SOAK_SEED ?? Math.floor(Math.random() * 2 ** 31));
const seconds = Number(SOAK_SECONDS);

describe('what was acknowledged as revoked is accepted nowhere, whatever breaks', () => {
  it.each(SOAK_ON.split(',') as StoreName[])(
    'on %s',
    async (on) => {
      process.stdout.write(`npm run soak -- --on ${on} --seed ${seed}\n`);
      const say = (line: string) => process.stdout.write(`${line}\n`);
      const { violations } = await soak({ on, seed, seconds, goOn: SOAK_GO_ON === 'true', say });
      expect(violations).toEqual([]);
    },
    seconds * 1_000 + 300_000,
  );
});
