import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { CHANGES, memoryStores, resolveOptions } from '../../composition/resolve-options.spec-support.js';
import { SecurityEvents } from '../../events/security-events.js';
import { Replicator } from '../../replication/replicator.js';
import { Shutdown } from '../../shutdown/shutdown.js';
import { MemorySharedAddressStore } from '../../stores/memory/memory-shared-address.store.js';
import { BanExemptions } from '../ban-exemptions.js';
import { BanService } from '../ban-service.js';
import { ProvenGuests } from '../proven-guests.js';
import { StrikeLedger } from '../strike-ledger.js';
import type { SharedAddress, SharedAddressQuery } from './shared-address.store.js';
import { SharedAddressKeeper } from './shared-address-keeper.js';

const NETWORK = '203.0.113.7/32';
const MINUTE = 60_000;

class FailingStore extends MemorySharedAddressStore {
  isDown = false;
  held: Promise<void> | undefined;
  writes = 0;

  override async save(seen: readonly SharedAddress[]): Promise<void> {
    await this.#answer();
    this.writes++;
    return super.save(seen);
  }

  override async list(query: SharedAddressQuery): Promise<readonly SharedAddress[]> {
    await this.#answer();
    return super.list(query);
  }

  async #answer(): Promise<void> {
    await this.held;
    if (this.isDown) throw new Error('connection refused');
  }
}

let store: FailingStore;
let warn: jest.SpiedFunction<Logger['warn']>;
beforeEach(() => {
  jest.useFakeTimers({ now: Date.UTC(2030, 0, 1), doNotFake: ['setImmediate'] });
  warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  store = new FailingStore();
});
afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  warn.mockRestore();
  jest.useRealTimers();
});

function instance() {
  const options = resolveOptions({}, memoryStores({ sharedAddresses: store }));
  const events = new SecurityEvents();
  const bans = new BanService(options, events, new Replicator(options, events, CHANGES));
  const ledger = new StrikeLedger(
    options,
    events,
    new BanExemptions(options),
    bans,
    new ProvenGuests(options),
  );
  const shutdown = new Shutdown();
  const keeper = new SharedAddressKeeper(options, ledger, shutdown);
  const stop = async () => {
    await shutdown.writeRest();
    shutdown.end();
  };
  return { shared: ledger.shared, keeper, stop };
}

async function pass(milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= 1_000) {
    await jest.advanceTimersByTimeAsync(1_000);
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  }
}

it('is written beside the requests, known to others within two and a half minutes, and read at boot', async () => {
  const [one, other] = [instance(), instance()];
  await Promise.all([one.keeper.onModuleInit(), other.keeper.onModuleInit()]);
  one.shared.note(NETWORK, 'ada');
  expect(store.writes).toBe(0);
  await pass(2.5 * MINUTE);
  expect([store.writes, other.shared.factorOf(NETWORK)]).toEqual([1, 2]);
  const late = instance();
  await late.keeper.onModuleInit();
  expect(late.shared.factorOf(NETWORK)).toBe(2);
  await Promise.all([one, other, late].map(({ stop }) => stop()));
});

it('is written when the app stops', async () => {
  const { keeper, shared, stop } = instance();
  await keeper.onModuleInit();
  shared.note(NETWORK, 'ada');
  await stop();
  expect(await store.list({ since: 0, limit: 9 })).toHaveLength(1);
});

it('boots without a store that fails, says so once, and goes on when it answers', async () => {
  store.isDown = true;
  const { keeper, shared, stop } = instance();
  await keeper.onModuleInit();
  shared.note(NETWORK, 'ada');
  await pass(5 * MINUTE);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(shared.factorOf(NETWORK)).toBe(2);
  store.isDown = false;
  await pass(2 * MINUTE);
  expect(await store.list({ since: 0, limit: 9 })).toHaveLength(1);
  await stop();
});

it('boots two seconds later where the store hangs', async () => {
  let release = () => {};
  store.held = new Promise((resolve) => {
    release = resolve;
  });
  const { keeper, stop } = instance();
  let isUp = false;
  const up = keeper.onModuleInit().then(() => {
    isUp = true;
  });
  await jest.advanceTimersByTimeAsync(1_999);
  expect(isUp).toBe(false);
  await jest.advanceTimersByTimeAsync(1);
  await up;
  release();
  await stop();
});

it('keeps no more than a hundred thousand, and none for longer than a day', async () => {
  const prune = jest.spyOn(store, 'prune');
  const { keeper, stop } = instance();
  await keeper.onModuleInit();
  await pass(3 * MINUTE);
  expect(prune.mock.calls.map(([before, max]) => [Date.now() - before > 23 * 60 * MINUTE, max])).toEqual([
    [true, 100_000],
  ]);
  await stop();
});
