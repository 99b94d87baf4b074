import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type RequestFacts, type SecurityEvent, SecurityEvents } from '../events/security-events.js';
import { type PortcullisOptions, resolveOptions } from '../portcullis.options.js';
import { MemoryApiKeyStore } from '../stores/memory/memory-api-key.store.js';
import { MemoryBanStore } from '../stores/memory/memory-ban.store.js';
import { MemoryRevocationStore } from '../stores/memory/memory-revocation.store.js';
import { BanService } from './ban.service.js';
import { BanExemptions } from './ban-exemptions.js';
import { type IpAddress, parseIpAddress } from './ip-address.js';

const SECOND = 1_000;
const START = Date.UTC(2030, 0, 1);
const REQUEST: RequestFacts = { requestId: 'r1', method: 'GET', path: '/', address: '203.0.113.7' };
const address = (text: string) => parseIpAddress(text) as IpAddress;
const OFFENDER = address('203.0.113.7');
const OTHER = address('203.0.113.8');

let now: number;
let store: MemoryBanStore;
let events: SecurityEvent[];
beforeEach(() => {
  now = START;
  store = new MemoryBanStore();
  events = [];
});

function serviceWith(bans: PortcullisOptions['bans'] = {}): BanService {
  const stores = { apiKeys: new MemoryApiKeyStore(), bans: store, revocations: new MemoryRevocationStore() };
  const stream = new SecurityEvents();
  stream.subscribe((event) => events.push(event));
  const options = resolveOptions({ bans, now: () => now }, stores);
  return new BanService(options, stream, new BanExemptions(options));
}
const ofType = (type: SecurityEvent['type']) => events.filter((event) => event.type === type);
const strike = (service: BanService, points = 1, offender = OFFENDER) =>
  service.strike(offender, points, REQUEST, 'status 404');

describe('strikes', () => {
  it('ban at the limit, and not before it', async () => {
    const service = serviceWith({ strikeLimit: 3 });
    await strike(service);
    await strike(service);
    expect(service.find(OFFENDER)).toBeUndefined();
    await strike(service);
    expect(service.find(OFFENDER)).toMatchObject({ network: '203.0.113.7/32', offence: 1 });
  });

  it('add up by their points, and may pass the limit', async () => {
    const service = serviceWith({ strikeLimit: 10 });
    await strike(service, 9);
    expect(service.find(OFFENDER)).toBeUndefined();
    await strike(service, 9);
    expect(service.find(OFFENDER)).toBeDefined();
  });

  it('are counted for each IPv4 address by itself', async () => {
    const service = serviceWith({ strikeLimit: 2 });
    await strike(service, 1, OFFENDER);
    await strike(service, 1, OTHER);
    expect([service.find(OFFENDER), service.find(OTHER)]).toEqual([undefined, undefined]);
  });

  it('are counted for a whole IPv6 /64, which one subscriber has', async () => {
    const service = serviceWith({ strikeLimit: 2 });
    await strike(service, 1, address('2001:db8::1'));
    await strike(service, 1, address('2001:db8::2'));
    expect(service.find(address('2001:db8::3'))?.network).toBe('2001:db8::/64');
    expect(service.find(address('2001:db8:0:1::1'))).toBeUndefined();
  });

  it('begin anew after a ban', async () => {
    const service = serviceWith({ strikeLimit: 2, durationsSeconds: [10] });
    await strike(service, 2);
    now += 10 * SECOND;
    await strike(service);
    expect(service.find(OFFENDER)).toBeUndefined();
  });

  it('are told one by one, with the sum so far', async () => {
    const service = serviceWith();
    await strike(service, 2);
    await strike(service, 3);
    const common = { type: 'address.struck', request: REQUEST, reason: 'status 404' };
    expect(events).toEqual([
      { ...common, points: 2, total: 2 },
      { ...common, points: 3, total: 5 },
    ]);
  });

  it('make exactly one ban when they come in a burst', async () => {
    const service = serviceWith({ strikeLimit: 5 });
    await Promise.all(Array.from({ length: 100 }, () => strike(service)));
    expect(ofType('address.banned')).toHaveLength(1);
    expect(await store.findActive(now)).toHaveLength(1);
    expect(service.find(OFFENDER)?.offence).toBe(1);
  });

  it('make exactly one ban for a burst from many addresses of one /64', async () => {
    const service = serviceWith({ strikeLimit: 5 });
    await Promise.all(
      Array.from({ length: 50 }, (_, host) => strike(service, 1, address(`2001:db8::${host}`))),
    );
    expect(ofType('address.banned')).toHaveLength(1);
  });

  it('that meet a store out of order are logged, disturb nobody, and ban as soon as it works', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    const service = serviceWith({ strikeLimit: 1 });
    const save = jest.spyOn(store, 'save').mockRejectedValueOnce(new Error('store is down'));
    await strike(service);
    expect(logged).toHaveBeenCalledTimes(1);
    expect(service.find(OFFENDER)).toBeUndefined();
    await strike(service);
    expect(service.find(OFFENDER)).toBeDefined();
    expect(save).toHaveBeenCalledTimes(2);
    logged.mockRestore();
  });
});

describe('a ban', () => {
  it('holds from the moment the promise resolves until its end', async () => {
    const service = serviceWith();
    const ban = await service.ban('203.0.113.7', { reason: 'spec', seconds: 60 });
    expect(service.find(OFFENDER)).toBe(ban);
    now = START + 60 * SECOND - 1;
    expect(service.find(OFFENDER)).toBe(ban);
    now = START + 60 * SECOND;
    expect(service.find(OFFENDER)).toBeUndefined();
  });

  it('is of a network in canonical form', async () => {
    const service = serviceWith();
    expect((await service.ban('::ffff:203.0.113.7/120', { reason: 'spec' })).network).toBe('203.0.113.0/24');
    expect(service.find(OTHER)).toBeDefined();
  });

  it.each(['', 'example.com', '203.0.113', '0177.0.0.1', '203.0.113.7/33'])(
    'is not of %j',
    async (target) => {
      await expect(serviceWith().ban(target, { reason: 'spec' })).rejects.toThrow(TypeError);
      expect(events).toEqual([]);
    },
  );

  it('is kept in the store before anyone is told', async () => {
    const service = serviceWith();
    const ban = await service.ban('203.0.113.7', { reason: 'spec', actor: 'ann' });
    expect(await store.findActive(now)).toEqual([ban]);
    expect(events).toEqual([{ type: 'address.banned', ban, actor: 'ann' }]);
  });

  it('that the store does not take is no ban', async () => {
    const service = serviceWith();
    store.save = () => Promise.reject(new Error('store is down'));
    await expect(service.ban('203.0.113.7', { reason: 'spec' })).rejects.toThrow('store is down');
    expect(service.find(OFFENDER)).toBeUndefined();
    expect(events).toEqual([]);
  });

  it('holds, and is told, where the store fails to forget old ones: that is logged', async () => {
    const logged = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const service = serviceWith();
    store.forgetExpiredBefore = () => Promise.reject(new Error('store is down'));
    const ban = await service.ban('203.0.113.7', { reason: 'spec' });
    expect(service.find(OFFENDER)).toBe(ban);
    expect(events).toEqual([{ type: 'address.banned', ban }]);
    expect(logged).toHaveBeenCalledTimes(1);
    logged.mockRestore();
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('does not last %d seconds', async (seconds) => {
    const service = serviceWith();
    await expect(service.ban('203.0.113.7', { reason: 'spec', seconds })).rejects.toThrow(TypeError);
    expect(await store.findLatest('203.0.113.7/32')).toBeUndefined();
    expect(events).toEqual([]);
  });

  it('of a subscriber is the one in force, where there is one', async () => {
    const service = serviceWith();
    const wide = await service.ban('203.0.113.0/24', { reason: 'spec' });
    expect(await service.banSubscriber(OFFENDER, 'touched a decoy')).toBe(wide);
    expect(ofType('address.banned')).toHaveLength(1);
  });

  it('is loaded from the store at boot, unless it is over', async () => {
    const earlier = serviceWith();
    await earlier.ban('203.0.113.7', { reason: 'spec', seconds: 10 });
    const going = await earlier.ban('203.0.113.8', { reason: 'spec', seconds: 60 });
    now += 10 * SECOND;

    const service = serviceWith();
    expect(service.find(OTHER)).toBeUndefined();
    await service.onModuleInit();
    expect(service.find(OTHER)).toEqual(going);
    now -= 1; // The first one would hold again, had it been loaded.
    expect(service.find(OFFENDER)).toBeUndefined();
    expect(await service.list()).toHaveLength(2);
  });

  it('is listed while it is in force, newest first', async () => {
    const service = serviceWith();
    for (const target of ['203.0.113.1', '203.0.113.2', '203.0.113.3']) {
      await service.ban(target, { reason: 'spec', seconds: target.endsWith('2') ? 2 : 60 });
      now += SECOND;
    }
    expect((await service.list()).map(({ network }) => network)).toEqual([
      '203.0.113.3/32',
      '203.0.113.1/32',
    ]);
  });
});

describe('a repeat offender', () => {
  const bans = { durationsSeconds: [10, 100, 1_000], forgetAfterSeconds: 500 };
  const banAgain = async (service: BanService) => {
    const ban = await service.banSubscriber(OFFENDER, 'spec');
    const seconds = (ban.expiresAt - ban.createdAt) / SECOND;
    now = ban.expiresAt;
    return [ban.offence, seconds];
  };

  it('is banned longer each time, up to the last duration', async () => {
    const service = serviceWith(bans);
    expect(await banAgain(service)).toEqual([1, 10]);
    expect(await banAgain(service)).toEqual([2, 100]);
    expect(await banAgain(service)).toEqual([3, 1_000]);
    expect(await banAgain(service)).toEqual([4, 1_000]);
  });

  it('is forgotten after good behaviour, counted from the end of the ban', async () => {
    const service = serviceWith(bans);
    await banAgain(service);
    now += 500 * SECOND - 1;
    expect(await banAgain(service)).toEqual([2, 100]);
    now += 500 * SECOND;
    expect(await banAgain(service)).toEqual([1, 10]);
  });

  it('is remembered over a restart', async () => {
    await banAgain(serviceWith(bans));
    expect(await banAgain(serviceWith(bans))).toEqual([2, 100]);
  });

  it('has a history of its own', async () => {
    const service = serviceWith(bans);
    await banAgain(service);
    expect(await service.banSubscriber(OTHER, 'spec')).toMatchObject({ offence: 1 });
  });

  it('is forgotten by the store too when a later ban sweeps it, and not earlier', async () => {
    const service = serviceWith(bans);
    await banAgain(service);
    now += 500 * SECOND - 1;
    await service.ban('198.51.100.1', { reason: 'spec' });
    expect(await store.findLatest('203.0.113.7/32')).toMatchObject({ offence: 1 });
    now += 60 * SECOND;
    await service.ban('198.51.100.2', { reason: 'spec' });
    expect(await store.findLatest('203.0.113.7/32')).toBeUndefined();
  });
});

describe('lifting a ban', () => {
  it('lets the address in at once, and is told', async () => {
    const service = serviceWith();
    const ban = await service.ban('203.0.113.7', { reason: 'spec' });
    expect(await service.unban(ban.id, { actor: 'ann' })).toEqual(ban);
    expect(service.find(OFFENDER)).toBeUndefined();
    expect(await service.list()).toEqual([]);
    expect(events.at(-1)).toEqual({ type: 'address.unbanned', ban, actor: 'ann' });
  });

  it('forgives it: the next ban is a first offence, and no strike is left', async () => {
    const service = serviceWith({ strikeLimit: 3 });
    await strike(service, 3);
    await strike(service, 2);
    await service.unban((await service.list())[0]?.id ?? '');
    await strike(service, 2);
    expect(service.find(OFFENDER)).toBeUndefined();
    await strike(service, 1);
    expect(service.find(OFFENDER)).toMatchObject({ offence: 1 });
  });

  it('leaves a shorter one of the same network in force, and listed', async () => {
    const service = serviceWith();
    const shorter = await service.ban('203.0.113.7', { reason: 'spec', seconds: 60 });
    const longer = await service.ban('203.0.113.7', { reason: 'spec', seconds: 600 });
    await service.unban(longer.id);
    expect(service.find(OFFENDER)).toEqual(shorter);
    expect(await service.list()).toEqual([shorter]);
    await service.unban(shorter.id);
    expect(service.find(OFFENDER)).toBeUndefined();
  });

  it('that is not there does nothing', async () => {
    const service = serviceWith();
    const ban = await service.ban('203.0.113.7', { reason: 'spec' });
    expect(await service.unban('unknown')).toBeUndefined();
    expect(service.find(OFFENDER)).toBe(ban);
    expect(ofType('address.unbanned')).toEqual([]);
  });

  it('is told once, when several operators do it at the same time', async () => {
    const service = serviceWith();
    const { id } = await service.ban('203.0.113.7', { reason: 'spec' });
    const lifted = await Promise.all([service.unban(id), service.unban(id), service.unban(id)]);
    expect(lifted.filter((ban) => ban !== undefined)).toHaveLength(1);
    expect(ofType('address.unbanned')).toHaveLength(1);
  });

  it('of a store out of order leaves the ban in force', async () => {
    const service = serviceWith();
    const ban = await service.ban('203.0.113.7', { reason: 'spec' });
    store.remove = () => Promise.reject(new Error('store is down'));
    await expect(service.unban(ban.id)).rejects.toThrow('store is down');
    expect(service.find(OFFENDER)).toBe(ban);
  });
});
