import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { SecurityEvents } from '../events/security-events.js';
import { type IpAddress, parseIpAddress } from '../net/ip-address.js';
import type { Change, ChangeFeed, ChangeFollower, OpenTransaction } from '../replication/change-feed.js';
import { Replicator } from '../replication/replicator.js';
import { MemoryBanStore } from '../stores/memory/memory-ban.store.js';
import { BanService } from './ban-service.js';

const TRANSACTION = {};
const LIST = Array.from({ length: 2_500 }, (_, index) => ({ network: `10.0.${index >> 8}.${index & 255}` }));

/** Delivers what is published, and what is kept with it by then. */
class TransactionFeed implements ChangeFeed {
  readonly published: Change[] = [];
  readonly #followers: ChangeFollower[] = [];

  async publish(change: Change): Promise<void> {
    this.published.push(change);
    for (const follower of this.#followers) follower.changed(change);
  }

  async publishWith(changes: readonly Change[], keep: (transaction: OpenTransaction) => Promise<void>) {
    await keep(TRANSACTION);
    for (const change of changes) await this.publish(change);
  }

  async follow(follower: ChangeFollower) {
    this.#followers.push(follower);
    return async () => {};
  }
}

let store: MemoryBanStore;
let feed: TransactionFeed;
let closing: Replicator[];
beforeEach(() => {
  store = new MemoryBanStore();
  feed = new TransactionFeed();
  closing = [];
});
afterEach(async () => {
  for (const replicator of closing) await replicator.close();
});

async function instance(): Promise<BanService> {
  const options = resolveOptions({ replication: { feed } }, memoryStores({ bans: store }));
  const events = new SecurityEvents();
  const replicator = new Replicator(options, events, CHANGES);
  closing.push(replicator);
  const bans = new BanService(options, events, replicator);
  await bans.onModuleInit();
  return bans;
}

const heldBy = (bans: BanService) =>
  LIST.filter(({ network }) => bans.find(parseIpAddress(network) as IpAddress)).map(
    ({ network }) => `${network}/32`,
  );

/** Resolves when the condition holds: what is taken over asks the store first. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

describe('all bans that are cleared', () => {
  let one: BanService;
  let other: BanService;
  let transactions: (OpenTransaction | undefined)[];
  /** What the store does instead, at a call. */
  let instead: Record<number, () => Promise<number>>;
  beforeEach(async () => {
    await (await instance()).import(LIST, { reason: 'spec' });
    [one, other] = [await instance(), await instance()];
    feed.published.length = 0;
    [transactions, instead] = [[], {}];
    const forgetByIds = store.forgetByIds.bind(store);
    store.forgetByIds = (ids, transaction?: OpenTransaction) =>
      instead[transactions.push(transaction)]?.() ?? forgetByIds(ids);
  });

  it('are told in the transaction that forgets them, a thousand at a time and by their networks', async () => {
    expect(await one.clear()).toBe(2_500);
    expect(transactions).toEqual([TRANSACTION, TRANSACTION, TRANSACTION]);
    const told = feed.published.map(({ networks }) => networks);
    // Once all of them, for those who heard nothing of an earlier attempt.
    expect(told.map((networks) => (networks === 'all' ? networks : (networks as string[]).length))).toEqual([
      1_000,
      1_000,
      500,
      'all',
    ]);
    expect(new Set(told.slice(0, 3).flat())).toEqual(new Set(LIST.map(({ network }) => `${network}/32`)));
    await until(() => heldBy(other).length === 0);
  });

  it('are lifted elsewhere as far as they are gone where the process goes no further', async () => {
    instead = { 2: () => new Promise(() => {}) };
    // It is given up on long after the test.
    one.clear().catch(() => undefined);
    await until(() => heldBy(other).length === 1_500);
    expect(transactions).toHaveLength(2);
    expect(feed.published.map(({ networks }) => networks)).not.toContain('all');
  });

  it('are lifted everywhere as far as they are gone where the store fails in the middle', async () => {
    instead = { 2: () => Promise.reject(new Error('the store is down')) };
    await expect(one.clear()).rejects.toThrow();
    const { bans } = await one.list({ limit: 1_000 });
    for (const each of [one, other]) {
      await until(() => heldBy(each).length === 1_500);
      expect(heldBy(each)).toEqual(expect.arrayContaining(bans.map(({ network }) => network)));
    }
    instead = {};
    expect(await one.clear()).toBe(1_500);
    await until(() => heldBy(other).length === 0);
  });
});
