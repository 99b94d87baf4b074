import type { Storage } from '@portcullis/auth';
import { Partner } from './partner.js';
import { TwoPlatforms } from './two-platforms.js';

/** That a signature counts once on two instances with one storage, and after a restart of both; and that none works without one. */
export function expectSignaturesOnceOnAll(open: () => Storage): Promise<void> {
  return TwoPlatforms.run(open, async (instances) => {
    const partner = await Partner.of(instances.app);
    const statusAt = (index: number, headers: Record<string, string>) =>
      instances.statusAt(index, '/app', headers);
    const headers = partner.headers({ path: '/app' });
    await instances.expectOneOfFifty('/app', headers);

    await instances.restart();
    for (const index of [0, 1]) {
      expect(await statusAt(index, headers)).toBe(401);
      expect(await statusAt(index, { 'x-api-key': partner.apiKey })).toBe(401);
      expect(await statusAt(index, partner.headers({ path: '/app' }))).toBe(200);
    }
  });
}
