import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { SecurityEvents } from '../events/security-events.js';
import { type IpAddress, type IpNetwork, parseIpAddress, parseIpNetwork } from '../net/ip-address.js';
import type { Change, ChangeFeed } from '../replication/change-feed.js';
import { Replicator } from '../replication/replicator.js';
import { MemoryBanStore } from '../stores/memory/memory-ban.store.js';
import type { BanQuery, BanRecord } from './ban.store.js';
import { BanService } from './ban-service.js';

const OFFENDER = parseIpAddress('203.0.113.7') as IpAddress;
const NETWORK = parseIpNetwork('203.0.113.7') as IpNetwork;
const RULE = { rule: 'probing', reason: 'probes', shadow: false, strikes: [] };

/** A store far away: what it is given holds at once or a little later, and its answer takes its time. */
class SlowBanStore extends MemoryBanStore {
  saveAfter = 0;
  answerAfter = 0;
  listAnswerAfter = 0;

  override async save(bans: readonly BanRecord[]) {
    await ticks(this.saveAfter);
    await super.save(bans);
    await ticks(this.answerAfter);
  }

  override async list(query: BanQuery) {
    const bans = await super.list(query);
    await ticks(this.listAnswerAfter);
    return bans;
  }
}

async function ticks(count: number): Promise<void> {
  for (let tick = 0; tick < count; tick++) await new Promise(setImmediate);
}

it.each(['unban', 'forgive'] as const)(
  'a ban that is lifted (%s) is told to the others, also where the store fails before what is left there is known',
  async (lift) => {
    const store = new SlowBanStore();
    const told: Change[] = [];
    const publish = async (change: Change) => void told.push(change);
    const feed: ChangeFeed = { publish, follow: async () => async () => {} };
    const options = resolveOptions({ replication: { feed } }, memoryStores({ bans: store }));
    const events = new SecurityEvents();
    const service = new BanService(options, events, new Replicator(options, events, CHANGES));
    const { id } = await service.ban('203.0.113.7', { reason: 'spec' });
    told.length = 0;
    const list = store.list.bind(store);
    store.list = (query) =>
      'activeAt' in query ? Promise.reject(new Error('the store is down')) : list(query);
    const lifting = lift === 'unban' ? service.unban(id) : service.forgive('203.0.113.7');
    await expect(lifting).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    expect(service.find(OFFENDER)).toBeUndefined();
    expect(told).toEqual([expect.objectContaining({ kind: 'bans' })]);
    store.list = list;
    // Who lifted it may have died before the others were told: they are when somebody asks again.
    expect(await (lift === 'unban' ? service.unban(id) : service.forgive('203.0.113.7'))).toBeUndefined();
    expect(told).toEqual(Array(2).fill({ kind: 'bans', networks: ['203.0.113.7/32'] }));
  },
);

describe('an operator who lets somebody in', () => {
  let store: SlowBanStore;
  let service: BanService;
  beforeEach(() => {
    store = new SlowBanStore();
    const stores = memoryStores({ bans: store });
    const options = resolveOptions({}, stores);
    const events = new SecurityEvents();
    service = new BanService(options, events, new Replicator(options, events, CHANGES));
  });

  const expectNothingLeft = async () => {
    expect(service.find(OFFENDER)).toBeUndefined();
    expect((await service.list()).bans).toEqual([]);
  };

  it('is not overtaken by the answer to the ban', async () => {
    store.answerAfter = 5;
    const banned = service.ban('203.0.113.7', { reason: 'spec' });
    await ticks(2);
    const [ban] = (await service.list()).bans;
    expect(await service.unban(ban?.id as string)).toBeDefined();
    await banned;
    await expectNothingLeft();
  });

  it.each([
    ['forgives', () => service.forgive('203.0.113.7')],
    ['clears', () => service.clear()],
  ])('and %s all is not overtaken by a ban that a rule is deciding', async (_, release) => {
    for (const [saveAfter, answerAfter] of [
      [0, 5],
      [5, 0],
      [2, 2],
    ] as const) {
      Object.assign(store, { saveAfter, answerAfter });
      await service.clear();
      const banned = service.banByRule(NETWORK, RULE);
      await ticks(1);
      await release();
      await banned;
      await expectNothingLeft();
    }
  });

  it('twice is not undone by what the first time has read', async () => {
    const long = await service.ban('203.0.113.7', { reason: 'spec', seconds: 600 });
    const short = await service.ban('203.0.113.7', { reason: 'spec', seconds: 60 });
    store.listAnswerAfter = 5;
    const first = service.unban(long.id);
    await ticks(1);
    store.listAnswerAfter = 0;
    await Promise.all([first, service.unban(short.id)]);
    await expectNothingLeft();
  });
});
