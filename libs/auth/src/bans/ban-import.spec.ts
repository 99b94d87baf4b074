import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { InputError } from '../errors.js';
import type { SecurityEvent } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { type IpAddress, type IpNetwork, parseIpAddress, parseIpNetwork } from '../net/ip-address.js';
import { Replicator } from '../replication/replicator.js';
import { MemoryBanStore } from '../stores/memory/memory-ban.store.js';
import type { Ban } from './ban.store.js';
import { BanService } from './ban-service.js';
import type { ListedNetwork } from './lists/ban-list.js';

const START = Date.UTC(2030, 0, 1);
const DAY = 86_400;
const address = (text: string) => parseIpAddress(text) as IpAddress;
const LIST: readonly ListedNetwork[] = [
  { network: '203.0.113.7/32' },
  { network: '198.51.100.0/24', reason: 'SBL1' },
  { network: '2001:db8::/64', expiresAt: START + 5_000 },
];
const DETAILS = { reason: 'the list', seconds: DAY, actor: 'ann', address: '192.0.2.1' };

let now: number;
let store: MemoryBanStore;
let events: SecurityEvent[];
let service: BanService;
beforeEach(() => {
  now = START;
  store = new MemoryBanStore();
  events = [];
  service = serviceWith();
});

function serviceWith(bans: PortcullisOptions['bans'] = {}): BanService {
  const stream = new SecurityEvents();
  stream.subscribe((event) => events.push(event));
  const stores = memoryStores({ bans: store });
  const options = resolveOptions({ bans, now: () => now }, stores);
  return new BanService(options, stream, new Replicator(options, stream, CHANGES));
}
const kept = async (): Promise<readonly Ban[]> => store.list({ limit: 1_000_000 });
const endOf = (text: string) => service.find(address(text))?.expiresAt;
/** As many addresses. */
const addresses = (count: number): ListedNetwork[] =>
  Array.from({ length: count }, (_, index) => ({
    network: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}/32`,
  }));

describe('an import', () => {
  it("bans every network as somebody's decision, and emits it once", async () => {
    expect(await service.import(LIST, DETAILS)).toEqual({ imported: 3, skipped: 0 });
    const decided = { rule: null, actor: 'ann', offence: 1, shadow: false, createdAt: START };
    const bans = [...(await kept())].sort((one, other) => one.network.localeCompare(other.network));
    expect(bans).toMatchObject([
      { ...decided, network: '198.51.100.0/24', reason: 'SBL1', expiresAt: START + DAY * 1000 },
      { ...decided, network: '2001:db8::/64', reason: 'the list', expiresAt: START + 5_000 },
      { ...decided, network: '203.0.113.7/32', reason: 'the list', expiresAt: START + DAY * 1000 },
    ]);
    expect([endOf('198.51.100.9'), endOf('2001:db8::1')]).toEqual([START + DAY * 1000, START + 5_000]);
    expect(events).toEqual([{ type: 'bans.imported', count: 3, actor: 'ann', address: '192.0.2.1' }]);
  });

  it('lasts as long as each history asks for where nothing says how long', async () => {
    await service.ban('203.0.113.7', { reason: 'before', seconds: 1 });
    now += 2_000;
    await service.import(LIST.slice(0, 2), { reason: 'the list' });
    expect(await store.findLatest('203.0.113.7/32', false)).toMatchObject({
      offence: 2,
      actor: null,
      expiresAt: now + 3_600_000,
    });
    expect(endOf('198.51.100.9')).toBe(now + 600_000);
  });

  it('that is done again changes nothing', async () => {
    for (const details of [DETAILS, { reason: 'the list' }]) {
      await service.clear();
      await service.import(LIST, details);
      const before = await kept();
      events = [];
      expect(await service.import(LIST, details)).toEqual({ imported: 0, skipped: 3 });
      expect(await kept()).toEqual(before);
      expect(events).toEqual([]);
    }
  });

  it('on another day prolongs its bans, and makes no further ones', async () => {
    await service.import(LIST, DETAILS);
    const before = await kept();
    now += 1_000;
    expect(await service.import(LIST, DETAILS)).toEqual({ imported: 2, skipped: 1 });
    expect((await kept()).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(endOf('203.0.113.7')).toBe(now + DAY * 1000);
    expect(await store.findLatest('203.0.113.7/32', false)).toMatchObject({ offence: 1, createdAt: START });
    await service.import(LIST, { ...DETAILS, seconds: 2 * DAY, actor: 'ben' });
    expect(await kept()).toHaveLength(5);
  });

  it('does not count what a rule, a shadow or a ban that is over did', async () => {
    const network = parseIpNetwork('203.0.113.7') as IpNetwork;
    const rule = { rule: 'probing', reason: 'probes', strikes: [] };
    await service.banByRule(network, { ...rule, shadow: false });
    await service.banByRule(network, { ...rule, shadow: true });
    await service.ban('198.51.100.0/24', { reason: 'before', seconds: 1 });
    now += 1_000;
    expect(await service.import(LIST.slice(0, 2), { reason: 'x', seconds: 1 })).toMatchObject({
      imported: 2,
    });
    expect(endOf('198.51.100.9')).toBe(now + 1_000);
  });

  it('skips what is over, and takes of two entries the longer one', async () => {
    const network = '203.0.113.7';
    const ends = [START, START + 2_000, START + 9_000, START + 3_000];
    const list = ends.map((expiresAt) => ({ network, expiresAt }));
    expect(await service.import(list, DETAILS)).toEqual({ imported: 1, skipped: 3 });
    expect(await kept()).toMatchObject([{ network: '203.0.113.7/32', offence: 1, expiresAt: START + 9_000 }]);
  });

  it('of a service in shadow mode refuses nobody, and is idempotent too', async () => {
    service = serviceWith({ shadow: true });
    await service.import(LIST, DETAILS);
    expect(service.find(address('203.0.113.7'))?.shadow).toBe(true);
    expect(await service.import(LIST, DETAILS)).toEqual({ imported: 0, skipped: 3 });
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('for %s seconds is refused', async (seconds) => {
    await expect(service.import(LIST, { reason: 'x', seconds })).rejects.toThrow(InputError);
    expect(await kept()).toEqual([]);
  });

  it.each([
    { network: 'DE' },
    { network: '203.0.113.7', expiresAt: Number.NaN },
    { network: '203.0.113.7', expiresAt: Number.POSITIVE_INFINITY },
  ])('of %j is refused', async (entry) => {
    await expect(service.import([entry], DETAILS)).rejects.toThrow(InputError);
    expect(await kept()).toEqual([]);
  });
});

describe('a large import', () => {
  it('that fails half-way keeps, enforces and reports what was saved before', async () => {
    const save = store.save.bind(store);
    let calls = 0;
    store.save = (bans) => (++calls === 2 ? Promise.reject(new Error('store is down')) : save(bans));
    await expect(service.import(addresses(5_000), DETAILS)).rejects.toMatchObject({
      code: 'temporarily_unavailable',
    });
    const saved = await kept();
    expect(saved.length).toBeGreaterThan(0);
    expect(saved.length).toBeLessThan(5_000);
    expect([endOf('10.0.0.0'), endOf('10.0.19.135')]).toEqual([START + DAY * 1000, undefined]);
    expect(events).toMatchObject([{ type: 'bans.imported', count: saved.length }]);
    store.save = save;
    const rest = 5_000 - saved.length;
    expect(await service.import(addresses(5_000), DETAILS)).toEqual({
      imported: rest,
      skipped: saved.length,
    });
  });

  it('lets others have their turn', async () => {
    let turns = 0;
    let isOver = false;
    const watching = (async () => {
      for (; !isOver; turns++) await nextTurn();
    })();
    expect(await service.import(addresses(20_000), DETAILS)).toEqual({ imported: 20_000, skipped: 0 });
    isOver = true;
    await watching;
    expect(turns).toBeGreaterThanOrEqual(10);
  });
});
