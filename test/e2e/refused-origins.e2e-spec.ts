import type { OriginCondition, PortcullisOptions } from '@portcullis/auth';
import { ownTokens, userWith } from '../support/credentials.js';
import { LineKeeper } from '../support/line-keeper.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { describeOnPlatforms } from '../support/running-app.js';

/** Records as the files of several makers have them. */
const COUNTRIES: Readonly<Record<string, unknown>> = {
  '203.0.113.1': { country: { iso_code: 'CH', names: {} }, registered_country: { iso_code: 'US' } },
  '203.0.113.2': { country: 'DE', asn: 'AS64501' },
  '203.0.113.3': { country_code: 'fr' },
  '203.0.113.4': { registered_country: { iso_code: 'US' } },
  '203.0.113.5': { country: 7 },
  '2001:db8::6': { country: { iso_code: 'KP' } },
};
const NETWORKS: Readonly<Record<string, unknown>> = {
  '203.0.113.1': { autonomous_system_number: 64500, autonomous_system_organization: 'Hosting' },
  '203.0.113.3': { traits: { autonomous_system_number: 64502 } },
};
const ADDRESSES = [1, 2, 3, 4, 5, 9].map((last) => `203.0.113.${last}`);

describeOnPlatforms('refused origins on %s', (running) => {
  let reads: number;
  const readers = [COUNTRIES, NETWORKS].map((records) => ({
    get(address: string) {
      reads++;
      return records[address] ?? null;
    },
  }));
  const start = (
    refuse: readonly OriginCondition[],
    bans: PortcullisOptions['bans'] = {},
    logger = new LineKeeper(),
  ) => {
    reads = 0;
    return running.start({
      portcullis: {
        trustedProxies: ['127.0.0.1'],
        tokens: ownTokens,
        bans: { origins: { readers, refuse }, ...bans },
      },
      controllers: [PlainRoutesController],
      logger,
    });
  };
  const statusOf = (from: string, headers: object = {}) =>
    running.statusOf('/public', { 'x-forwarded-for': from }, headers);
  const refused = async () => {
    const statuses = await Promise.all(ADDRESSES.map((address) => statusOf(address)));
    return ADDRESSES.filter((_, index) => statuses[index] === 403).map((address) =>
      Number(address.split('.')[3]),
    );
  };

  it('are those of a country, of all others, of an operator, and of what is both', async () => {
    await start([{ id: 'some', countries: ['DE', 'FR', 'KP'] }]);
    expect(await refused()).toEqual([2, 3]);
    expect(await statusOf('2001:db8::6')).toBe(403);
    expect(await statusOf('2001:db8::7')).toBe(200);
    await start([{ id: 'abroad', unlessCountries: ['CH', 'US'] }]);
    // Whoever only lets some in does not mean whom nobody knows.
    expect(await refused()).toEqual([2, 3, 5, 9]);
    await start([{ id: 'hosting', asns: [64500, 64501, 64502] }]);
    expect(await refused()).toEqual([1, 2, 3]);
    await start([{ id: 'hosting-there', asns: [64500, 64502], countries: ['FR'] }]);
    expect(await refused()).toEqual([3]);
  });

  it('are refused as banned ones are, read once, and are let in where bans are no matter', async () => {
    await start([{ id: 'hosting', asns: [64500] }], { letInProven: true, allowed: ['203.0.113.3'] });
    const answer = await running.get('/public', { 'x-forwarded-for': '203.0.113.1' });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([403, '86400']);
    const { code, requestId } = (await answer.json()) as { code: string; requestId: string };
    expect(code).toBe('address_banned');
    const { reason } = await running.events.about('request.refused', requestId);
    expect(reason).toBe('203.0.113.1/32 is banned by the condition hosting');
    const before = reads;
    expect(await statusOf('203.0.113.1', await userWith(running.app))).toBe(200);
    expect(await statusOf('203.0.113.3')).toBe(200);
    expect(await statusOf('203.0.113.1')).toBe(403);
    expect(reads - before).toBe(2);
  });

  it('are only reported in shadow', async () => {
    await start([{ id: 'hosting', asns: [64500], shadow: true }]);
    expect(await refused()).toEqual([]);
    expect(running.events.of('ban.shadowed')).toMatchObject([{ network: '203.0.113.1/32' }]);
  });

  it('are nobody while the file can not be read, and that is logged', async () => {
    const logger = new LineKeeper();
    for (const get of [
      () => {
        throw new Error('truncated');
      },
      () => Promise.resolve(COUNTRIES['203.0.113.1']),
    ]) {
      await start(
        [{ id: 'abroad', unlessCountries: ['US'] }],
        { origins: { readers: [{ get }], refuse: [{ id: 'abroad', unlessCountries: ['US'] }] } },
        logger,
      );
      expect(await refused()).toEqual([]);
    }
    expect(logger.lines.filter((line) => line.includes('bans.origins refuses nobody'))).toHaveLength(2);
  });

  it('that make no sense keep the app from booting', async () => {
    await expect(start([{ id: 'a', countries: ['Switzerland'] }])).rejects.toThrow(
      'bans.origins.refuse: needs an id',
    );
    await expect(start([], { origins: { readers: [{} as never] } })).rejects.toThrow(
      'bans.origins.readers: each value',
    );
  });
});
