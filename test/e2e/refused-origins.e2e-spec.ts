import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { OriginCondition, OriginMatch, PortcullisOptions, StrikeRule } from '@portcullis/auth';
import { Reader } from 'mmdb-lib';
import { ownTokens, userWith } from '../support/credentials.js';
import { eventually } from '../support/eventually.js';
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
const ABROAD = { id: 'abroad', unlessCountries: ['US'] };

/** Files of MaxMind for tests. */
const [ofCountries, ofNetworks] = ['Country', 'ASN'].map((name) => {
  const file = fileURLToPath(new URL(`../fixtures/maxmind/GeoLite2-${name}-Test.mmdb`, import.meta.url));
  return new Reader<never>(readFileSync(file));
}) as [Reader<never>, Reader<never>];
const FORGED = { authorization: 'Bearer a.b.c' };
const BRITISH = '81.2.69.160';
const SWEDISH = '89.160.20.112';
const OF_AN_OPERATOR = '1.128.0.7';
const guesses = (origin: OriginMatch): StrikeRule => ({
  ...{ id: 'guesses-there', match: { event: 'invalid_token', origin }, score: 50, windowSeconds: 60 },
});

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
      () => Promise.reject(new Error('timeout')),
      // With one that fails at once beside it nobody waits for it any more.
    ]) {
      await start(
        [ABROAD],
        {
          origins: { readers: [{ get: () => Promise.reject(new Error('late')) }, { get }], refuse: [ABROAD] },
        },
        logger,
      );
      expect(await refused()).toEqual([]);
    }
    expect(logger.lines.filter((line) => line.includes('bans.origins refuses nobody'))).toHaveLength(2);
  });

  describe('with rules', () => {
    const forge = (from: string) => running.statusOf('/user', { 'x-forwarded-for': from }, FORGED);
    /** What the second of two forged tokens, and a third request, get. */
    const second = async (from: string) => [await forge(from), await forge(from)][1];

    it('count by the country or the operator in a file of MaxMind, and refuse nobody else', async () => {
      const origins = { readers: [ofCountries, ofNetworks] };
      await start([], { origins, rules: [guesses({ unlessCountries: ['SE'] })] });
      for (const from of [BRITISH, '2001:218::1', '203.0.113.9']) {
        expect([await second(from), await statusOf(from)]).toEqual([401, 403]);
      }
      expect([await second(SWEDISH), await statusOf(SWEDISH)]).toEqual([401, 200]);
      await start([], { origins, rules: [guesses({ asns: [1221] })] });
      expect([await second(OF_AN_OPERATOR), await statusOf(OF_AN_OPERATOR)]).toEqual([401, 403]);
      expect([await second(BRITISH), await statusOf(BRITISH)]).toEqual([401, 200]);
    });

    it('count from when a reader that takes its time has answered, which is asked once', async () => {
      let answer: (record: unknown) => void = () => {};
      let asked = 0;
      const get = () => {
        asked++;
        return new Promise((resolve) => {
          answer = resolve;
        });
      };
      await start([], { origins: { readers: [{ get }] }, rules: [guesses({ countries: ['KP'] })] });
      for (let index = 0; index < 5; index++) expect(await forge(BRITISH)).toBe(401);
      answer({ country: 'KP' });
      await eventually(async () => (await forge(BRITISH)) === 403);
      expect(asked).toBe(1);
    });

    it('count nothing while a reader fails', async () => {
      const get = () => {
        throw new Error('truncated');
      };
      await start([], { origins: { readers: [{ get }] }, rules: [guesses({ unlessCountries: ['SE'] })] });
      expect([await second(BRITISH), await statusOf(BRITISH)]).toEqual([401, 200]);
    });

    it('keep the app from booting where they make no sense, or nobody could say where anybody is from', async () => {
      const rules = [guesses({ countries: ['KP'] })];
      const blind = { ...{ trustedProxies: [], tokens: ownTokens }, bans: { rules } };
      await expect(running.start({ portcullis: blind })).rejects.toThrow(
        'guesses-there asks where addresses are from, which only the readers of origins can say',
      );
      const wrong = guesses({ countries: ['Korea'] });
      await expect(start([], { origins: { readers }, rules: [wrong] })).rejects.toThrow('needs a match');
    });
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
