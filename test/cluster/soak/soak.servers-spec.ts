import { soak } from './soak.js';
import type { StoreName } from './stores.js';

/** What `npm run soak` says; by itself a short run that is part of all tests, by another lot each time. */
const { SOAK_SECONDS, SOAK_SEED, SOAK_ON = 'sqlite,postgres', SOAK_GO_ON, SOAK_RIGHT_CLOCKS } = process.env;
const seed = Number(SOAK_SEED ?? Math.floor(Math.random() * 2 ** 31));
const length =
  SOAK_SECONDS === undefined ? { seconds: 0, roundSeconds: 5 } : { seconds: Number(SOAK_SECONDS) };
const how = { goOn: SOAK_GO_ON === 'true', rightClocks: SOAK_RIGHT_CLOCKS === 'true' };

describe('what was acknowledged as revoked is accepted nowhere, whatever breaks', () => {
  it.each(SOAK_ON.split(',') as StoreName[])(
    'on %s',
    async (on) => {
      const say = (line: string) => process.stdout.write(`${line}\n`);
      say(`npm run soak -- --on ${on} --seed ${seed}`);
      const { violations } = await soak({ on, seed, ...length, ...how, say });
      expect(`${violations.length} violations`).toBe('0 violations');
    },
    length.seconds * 1_000 + 300_000,
  );
});
