import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { InputError } from '../errors.js';
import type { SecurityEvent } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { type IpAddress, type IpNetwork, parseIpAddress, parseIpNetwork } from '../net/ip-address.js';
import { Replicator } from '../replication/replicator.js';
import { MemoryBanStore } from '../stores/memory/memory-ban.store.js';
import type { Ban, Strike } from './ban.store.js';
import type { BanPage } from './ban-query.js';
import { BanService } from './ban-service.js';

const SECOND = 1_000;
const START = Date.UTC(2030, 0, 1);
const address = (text: string) => parseIpAddress(text) as IpAddress;
const OFFENDER = address('203.0.113.7');
const OTHER = address('203.0.113.8');

let now: number;
let store: MemoryBanStore;
let events: SecurityEvent[];
let stream: SecurityEvents;
beforeEach(() => {
  now = START;
  store = new MemoryBanStore();
  events = [];
  stream = new SecurityEvents();
  stream.subscribe((event) => events.push(event));
});

function serviceWith(bans: PortcullisOptions['bans'] = {}): BanService {
  const stores = memoryStores({ bans: store });
  const options = resolveOptions({ bans, now: () => now }, stores);
  return new BanService(options, stream, new Replicator(options, stream, CHANGES));
}
const ofType = (type: SecurityEvent['type']) => events.filter((event) => event.type === type);
const RULE = { rule: 'probing', reason: 'probes', shadow: false, strikes: [] };
const SUBSCRIBER = parseIpNetwork('203.0.113.7/32') as IpNetwork;
const active = async () => store.list({ activeAt: now, limit: 100 });
const strike = (path: string): Strike => ({
  rule: 'probing',
  points: 1,
  at: now,
  address: '203.0.113.7',
  requestId: 'r1',
  method: 'GET',
  path,
  status: 404,
});
const networksIn = ({ bans }: BanPage) => bans.map(({ network }) => network);
const latest = (network: string) => store.findLatest(network, false);

describe('a ban', () => {
  it('holds from the moment the promise resolves until its end', async () => {
    const service = serviceWith();
    const { network, expiresAt } = await service.ban('203.0.113.7', { reason: 'spec', seconds: 60 });
    expect(service.find(OFFENDER)).toEqual({ network, expiresAt, shadow: false, byPeople: true });
    now = START + 60 * SECOND - 1;
    expect(service.find(OFFENDER)).toBeDefined();
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
      await expect(serviceWith().ban(target, { reason: 'spec' })).rejects.toThrow(InputError);
      await expect(serviceWith().why(target)).rejects.toThrow(InputError);
      await expect(serviceWith().forgive(target)).rejects.toThrow(InputError);
      await expect(serviceWith().list({ target })).rejects.toThrow(InputError);
      expect(events).toEqual([]);
    },
  );

  it('is kept in the store before it is emitted', async () => {
    const service = serviceWith();
    const ban = await service.ban('203.0.113.7', { reason: 'spec', actor: 'ann' });
    expect(ban).toMatchObject({ rule: null, actor: 'ann', offence: 1, liftedAt: null, liftedBy: null });
    expect(await active()).toEqual([ban]);
    expect(events).toEqual([{ type: 'address.banned', ban, actor: 'ann' }]);
  });

  it('that the store does not take is no ban', async () => {
    const service = serviceWith();
    store.save = () => Promise.reject(new Error('store is down'));
    await expect(service.ban('203.0.113.7', { reason: 'spec' })).rejects.toMatchObject({
      code: 'temporarily_unavailable',
    });
    expect(service.find(OFFENDER)).toBeUndefined();
    expect(events).toEqual([]);
  });

  it('holds, and is emitted, where the store fails to forget old ones: that is logged', async () => {
    const logged = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const service = serviceWith();
    store.forgetExpiredBefore = () => Promise.reject(new Error('store is down'));
    const ban = await service.ban('203.0.113.7', { reason: 'spec' });
    expect(service.find(OFFENDER)).toBeDefined();
    expect(events).toEqual([{ type: 'address.banned', ban }]);
    expect(logged).toHaveBeenCalledTimes(1);
    logged.mockRestore();
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('does not last %d seconds', async (seconds) => {
    const service = serviceWith();
    await expect(service.ban('203.0.113.7', { reason: 'spec', seconds })).rejects.toThrow(InputError);
    expect(await latest('203.0.113.7/32')).toBeUndefined();
    expect(events).toEqual([]);
  });

  it('ends at a time that a date can hold, however long somebody wants it', async () => {
    const service = serviceWith();
    await service.ban('203.0.113.7', { reason: 'spec', seconds: 1e300 });
    stream.subscribe((event) => {
      if (event.type === 'ban.proposed') event.proposal.extendTo(Number.MAX_VALUE);
    });
    await service.banByRule(parseIpNetwork('203.0.113.8') as IpNetwork, RULE);
    const { bans } = await service.list();
    expect(bans).toHaveLength(2);
    for (const { expiresAt } of bans) expect(new Date(expiresAt).getTime()).toBe(expiresAt);
  });

  it('is loaded from the store at boot, unless it is over', async () => {
    const earlier = serviceWith();
    await earlier.ban('203.0.113.7', { reason: 'spec', seconds: 10 });
    const { network, expiresAt } = await earlier.ban('203.0.113.8', { reason: 'spec', seconds: 60 });
    now += 10 * SECOND;

    const service = serviceWith();
    expect(service.find(OTHER)).toBeUndefined();
    await service.onModuleInit();
    expect(service.find(OTHER)).toEqual({ network, expiresAt, shadow: false, byPeople: true });
    now -= 1; // The first one would hold again, had it been loaded.
    expect(service.find(OFFENDER)).toBeUndefined();
  });

  it('is loaded though there are more than a page of them', async () => {
    const bans = Array.from({ length: 10_001 }, (_, index) => ({
      id: `b${index}`,
      network: `10.0.${index >> 8}.${index & 255}/32`,
      ...{ reason: 'spec', rule: null, actor: null, offence: 1, shadow: false, strikes: [] },
      ...{ createdAt: now, expiresAt: now + SECOND, liftedAt: null, liftedBy: null },
    }));
    await store.save(bans);
    const service = serviceWith();
    await service.onModuleInit();
    const isFound = ({ network }: { network: string }) =>
      service.find(address(network.slice(0, -3))) !== undefined;
    expect(bans.filter((ban) => !isFound(ban))).toEqual([]);
  });

  it('is listed while it is in force, newest first; and afterwards to who wants all', async () => {
    const service = serviceWith();
    for (const target of ['203.0.113.1', '203.0.113.2', '203.0.113.3']) {
      await service.ban(target, { reason: 'spec', seconds: target.endsWith('2') ? 2 : 60 });
      now += SECOND;
    }
    expect(networksIn(await service.list())).toEqual(['203.0.113.3/32', '203.0.113.1/32']);
    expect(networksIn(await service.list({ state: 'any' }))).toHaveLength(3);
  });

  it.each([0, -1, 1.5, 1_001, Number.NaN])('is not listed by pages of %d', async (limit) => {
    await expect(serviceWith().list({ limit })).rejects.toThrow(InputError);
  });

  it('is found until the last one is over, where several cover the address, and held ones among them', async () => {
    const service = serviceWith();
    await service.ban('203.0.113.7', { reason: 'spec', seconds: 10 });
    await service.ban('203.0.113.0/24', { reason: 'spec', seconds: 20 });
    expect(service.find(OFFENDER)).toMatchObject({
      network: '203.0.113.0/24',
      expiresAt: START + 20 * SECOND,
    });
    service.hold(SUBSCRIBER);
    expect(service.find(OFFENDER)?.expiresAt).toBe(START + 60 * SECOND);
    await service.ban('203.0.113.7', { reason: 'spec', seconds: 90 });
    expect(service.find(OFFENDER)?.expiresAt).toBe(START + 90 * SECOND);
  });

  it('in shadow mode is a shadow, which is found and marked', async () => {
    const service = serviceWith({ shadow: true });
    expect(await service.ban('203.0.113.7', { reason: 'spec' })).toMatchObject({ shadow: true });
    expect(service.find(OFFENDER)).toMatchObject({ shadow: true });
  });
});

describe('a ban by a rule', () => {
  it('keeps what led to it, and says why', async () => {
    const service = serviceWith();
    await service.banByRule(SUBSCRIBER, { ...RULE, strikes: [strike('/a'), strike('/b')] });
    const [ban] = await service.why('203.0.113.7');
    expect(ban).toMatchObject({
      rule: 'probing',
      reason: 'probes',
      actor: null,
      strikes: [{ path: '/a' }, { path: '/b' }],
    });
    expect(await service.findById(ban?.id ?? '')).toEqual(ban);
    expect(events.at(-1)).not.toHaveProperty('ban.strikes');
  });

  it('is found by who asks for an address in it, and for a part of it', async () => {
    const service = serviceWith();
    await service.banByRule(parseIpNetwork('2001:db8::/48') as IpNetwork, RULE);
    for (const target of ['2001:db8::7', '2001:db8:0:1::/64', '2001:db8::/48'])
      expect(await service.why(target)).toHaveLength(1);
    for (const target of ['2001:db8::/47', '2001:db8:1::7']) expect(await service.why(target)).toEqual([]);
  });

  it('is explained with few reads at a time, and only the newest of very many', async () => {
    const service = serviceWith();
    for (let count = 0; count < 510; count++) {
      await service.ban('203.0.113.7', { reason: `${count}`, seconds: 1 });
      now += SECOND;
    }
    let [reading, most] = [0, 0];
    const { findById } = store;
    store.findById = async (id) => {
      most = Math.max(most, ++reading);
      await new Promise(setImmediate);
      reading--;
      return findById.call(store, id);
    };
    const explained = await service.why('203.0.113.7');
    expect(explained.map(({ reason }) => reason)).toEqual(
      Array.from({ length: 500 }, (_, index) => `${509 - index}`),
    );
    expect(most).toBeLessThanOrEqual(10);
  });

  it('is made once in a burst, and not where one is in force', async () => {
    const service = serviceWith();
    await Promise.all(Array.from({ length: 50 }, () => service.banByRule(SUBSCRIBER, RULE)));
    await service.banByRule(SUBSCRIBER, RULE);
    expect(ofType('address.banned')).toHaveLength(1);
    await service.ban('198.51.100.0/24', { reason: 'spec' });
    await service.banByRule(parseIpNetwork('198.51.100.7') as IpNetwork, RULE);
    expect(ofType('address.banned')).toHaveLength(2);
  });

  it("as a shadow stands in nobody's way, not even in that of the real one", async () => {
    const service = serviceWith();
    await service.banByRule(SUBSCRIBER, { ...RULE, shadow: true });
    expect(service.find(OFFENDER)).toMatchObject({ shadow: true });
    await service.banByRule(SUBSCRIBER, RULE);
    expect(service.find(OFFENDER)).toMatchObject({ shadow: false });
    expect(ofType('address.banned')).toMatchObject([{ ban: { offence: 1 } }, { ban: { offence: 1 } }]);
  });

  it('can be vetoed by a listener to the proposal', async () => {
    stream.subscribe((event) => event.type === 'ban.proposed' && event.proposal.veto('a partner'));
    const service = serviceWith();
    await service.banByRule(SUBSCRIBER, RULE);
    expect(service.find(OFFENDER)).toBeUndefined();
    expect(await active()).toEqual([]);
    expect(events.map(({ type }) => type)).toEqual(['ban.proposed', 'ban.vetoed']);
    expect(events.at(-1)).toMatchObject({ reason: 'a partner', ban: { network: '203.0.113.7/32' } });
  });

  it('can be made to last longer by a listener to the proposal, and not shorter', async () => {
    let end = START + 3_600 * SECOND;
    stream.subscribe((event) => event.type === 'ban.proposed' && event.proposal.extendTo(end));
    const service = serviceWith();
    await service.banByRule(SUBSCRIBER, RULE);
    expect(service.find(OFFENDER)?.expiresAt).toBe(end);
    end = START + 1;
    await service.banByRule(parseIpNetwork('203.0.113.8') as IpNetwork, RULE);
    expect(service.find(OTHER)?.expiresAt).toBe(START + 600 * SECOND);
  });

  it('makes room when there are too many: those go that would end first, and none that somebody decided', async () => {
    const service = serviceWith({ maxBansByRules: 100 });
    await service.ban('198.51.100.1', { reason: 'spec', seconds: 1 });
    for (let host = 1; host <= 150; host++) {
      await service.banByRule(parseIpNetwork(`203.0.113.${host}`) as IpNetwork, RULE);
      now += 1;
    }
    expect(service.find(address('203.0.113.1'))).toBeUndefined();
    expect(service.find(address('203.0.113.150'))).toBeDefined();
    expect(service.find(address('198.51.100.1'))).toBeDefined();
    const kept = await store.list({ limit: 1_000 });
    expect(kept.length).toBeLessThanOrEqual(111);
    expect(kept.some(({ rule }) => rule === null)).toBe(true);
  });
});

describe('a repeat offender', () => {
  const bans = { durationsSeconds: [10, 100, 1_000], forgetAfterSeconds: 500 };
  const banAgain = async (service: BanService, network = SUBSCRIBER) => {
    await service.banByRule(network, RULE);
    const ban = (await latest(network.text)) as Ban;
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
    expect(await banAgain(service, parseIpNetwork('203.0.113.8') as IpNetwork)).toEqual([1, 10]);
  });

  it('is forgotten by the store too when a later ban sweeps it, and not earlier', async () => {
    const service = serviceWith(bans);
    await banAgain(service);
    now += 500 * SECOND - 1;
    await service.ban('198.51.100.1', { reason: 'spec' });
    expect(await latest('203.0.113.7/32')).toMatchObject({ offence: 1 });
    now += 60 * SECOND;
    await service.ban('198.51.100.2', { reason: 'spec' });
    expect(await latest('203.0.113.7/32')).toBeUndefined();
  });

  it('is none by what somebody decides once more while a ban is in force, of whatever length', async () => {
    const service = serviceWith(bans);
    for (const seconds of [undefined, 50, undefined, 1]) {
      const ban = await service.ban('203.0.113.7', { reason: 'spec', ...(seconds && { seconds }) });
      expect(ban.offence).toBe(1);
      now += 2 * SECOND;
    }
    expect((await service.ban('203.0.113.7', { reason: 'spec' })).offence).toBe(1);
    now += 50 * SECOND;
    expect(await banAgain(service)).toEqual([2, 100]);
  });

  it('by a rule is none by what somebody decides upon it, nor by a list', async () => {
    const service = serviceWith(bans);
    await service.banByRule(SUBSCRIBER, RULE);
    now += SECOND;
    expect((await service.ban('203.0.113.7', { reason: 'spec' })).offence).toBe(1);
    now += SECOND;
    await service.import([{ network: '203.0.113.7/32' }], { reason: 'list', seconds: 20 });
    expect(await latest('203.0.113.7/32')).toMatchObject({ reason: 'list', offence: 1 });
    now += 20 * SECOND;
    await service.import([{ network: '203.0.113.7/32' }], { reason: 'list' });
    expect(await latest('203.0.113.7/32')).toMatchObject({ offence: 2 });
  });

  it('who was let in early is one all the same', async () => {
    const service = serviceWith(bans);
    await service.banByRule(SUBSCRIBER, RULE);
    await service.unban((await latest('203.0.113.7/32'))?.id ?? '');
    now += SECOND;
    expect(await banAgain(service)).toEqual([2, 100]);
  });

  it('where it could not be kept is forgiven all the same: what led to it is told to be forgotten', async () => {
    const service = serviceWith();
    const released: string[] = [];
    service.onRelease(({ text }) => released.push(text));
    expect(await service.forgive('203.0.113.7')).toBeUndefined();
    expect(released).toEqual(['203.0.113.7/32']);
  });

  it('who was forgiven is none', async () => {
    const service = serviceWith(bans);
    await banAgain(service);
    await banAgain(service);
    expect(await service.forgive('203.0.113.7')).toMatchObject({ offence: 2 });
    expect(await banAgain(service)).toEqual([1, 10]);
  });
});

describe('lifting a ban', () => {
  it('lets the address in at once, and is emitted', async () => {
    const service = serviceWith();
    const { id } = await service.ban('203.0.113.7', { reason: 'spec' });
    now += SECOND;
    const ban = await service.unban(id, { actor: 'ann' });
    expect(ban).toMatchObject({ id, expiresAt: now, liftedAt: now, liftedBy: 'ann' });
    expect(service.find(OFFENDER)).toBeUndefined();
    expect(await service.list()).toEqual({ bans: [] });
    expect(events.at(-1)).toEqual({ type: 'address.unbanned', ban, forgiven: false, actor: 'ann' });
  });

  it('leaves a shorter one of the same network in force, and listed', async () => {
    const service = serviceWith();
    const shorter = await service.ban('203.0.113.7', { reason: 'spec', seconds: 60 });
    const longer = await service.ban('203.0.113.7', { reason: 'spec', seconds: 600 });
    await service.unban(longer.id);
    expect(service.find(OFFENDER)?.expiresAt).toBe(shorter.expiresAt);
    expect(await service.list()).toEqual({ bans: [shorter] });
    await service.unban(shorter.id);
    expect(service.find(OFFENDER)).toBeUndefined();
  });

  it('that is not there, or not any more, does nothing', async () => {
    const service = serviceWith();
    const ban = await service.ban('203.0.113.7', { reason: 'spec', seconds: 1 });
    expect(await service.unban('unknown')).toBeUndefined();
    expect(await service.forgive('198.51.100.1')).toBeUndefined();
    expect(service.find(OFFENDER)).toBeDefined();
    now += SECOND;
    expect(await service.unban(ban.id)).toBeUndefined();
    expect(ofType('address.unbanned')).toEqual([]);
  });

  it('is emitted once, when several operators do it at the same time', async () => {
    const service = serviceWith();
    const { id } = await service.ban('203.0.113.7', { reason: 'spec' });
    const lifted = await Promise.all([service.unban(id), service.unban(id), service.unban(id)]);
    expect(lifted.filter((ban) => ban !== undefined)).toHaveLength(1);
    expect(ofType('address.unbanned')).toHaveLength(1);
  });

  it('of a store out of order leaves the ban in force', async () => {
    const service = serviceWith();
    const ban = await service.ban('203.0.113.7', { reason: 'spec' });
    store.lift = () => Promise.reject(new Error('store is down'));
    store.forget = () => Promise.reject(new Error('store is down'));
    store.forgetByIds = () => Promise.reject(new Error('store is down'));
    await expect(service.unban(ban.id)).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    await expect(service.forgive('203.0.113.7')).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    await expect(service.clear()).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    expect(service.find(OFFENDER)).toBeDefined();
  });

  it('of all of them lets everybody in', async () => {
    const service = serviceWith();
    await service.ban('203.0.113.7', { reason: 'spec' });
    await service.banByRule(parseIpNetwork('203.0.113.8') as IpNetwork, RULE);
    expect(await service.clear({ actor: 'ann' })).toBe(2);
    expect([service.find(OFFENDER), service.find(OTHER)]).toEqual([undefined, undefined]);
    expect(events.at(-1)).toEqual({ type: 'bans.cleared', count: 2, actor: 'ann' });
  });

  it('of all of them goes on until those are gone that there were, and leaves those that come meanwhile', async () => {
    const service = serviceWith();
    await service.import(addresses(2_500), { reason: 'spec' });
    const forgetByIds = store.forgetByIds.bind(store);
    let calls = 0;
    // Each time there is a new one, once of a network of the same part.
    store.forgetByIds = async (ids) => {
      now += SECOND;
      await service.ban(['198.51.100.1', '198.51.100.2', '10.0.0.1'][calls++] ?? '', { reason: 'an attack' });
      return forgetByIds(ids);
    };
    expect(await service.clear()).toBe(2_500);
    expect(calls).toBe(3);
    expect((await service.list()).bans.map(({ network }) => network)).toEqual([
      '10.0.0.1/32',
      '198.51.100.2/32',
      '198.51.100.1/32',
    ]);
    expect(service.find(address('10.0.0.2'))).toBeUndefined();
    for (const held of ['10.0.0.1', '198.51.100.2']) expect(service.find(address(held))).toBeDefined();
  });
});

/** A list of so many, from 10.0.0.0. */
function addresses(count: number) {
  return Array.from({ length: count }, (_, index) => ({ network: `10.0.${index >> 8}.${index & 255}` }));
}
