import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { Shutdown } from '../shutdown/shutdown.js';
import { MemoryApiKeyStore } from '../stores/memory/memory-api-key.store.js';
import type { ApiKeyUse } from './api-key.store.js';
import { ApiKeyUsage } from './api-key-usage.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const START = Date.UTC(2030, 0, 1);

/** Keeps what it is given, and can fail or take its time. */
class WatchedStore extends MemoryApiKeyStore {
  readonly writes: (readonly ApiKeyUse[])[] = [];
  isDown = false;
  held: Promise<void> | undefined;

  override async recordUses(uses: readonly ApiKeyUse[]): Promise<void> {
    await this.held;
    if (this.isDown) throw new Error('connection refused');
    this.writes.push(uses);
  }
}

let store: WatchedStore;
let usage: ApiKeyUsage;
let shutdown: Shutdown;
let warn: jest.SpiedFunction<Logger['warn']>;
async function stop(): Promise<void> {
  await shutdown.writeRest();
  shutdown.end();
}

beforeEach(() => {
  jest.useFakeTimers({ now: START });
  warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  store = new WatchedStore();
  const stores = memoryStores({ apiKeys: store });
  shutdown = new Shutdown();
  usage = new ApiKeyUsage(resolveOptions({}, stores), shutdown);
});
afterEach(() => {
  expect(jest.getTimerCount()).toBeLessThanOrEqual(1);
  warn.mockRestore();
  jest.useRealTimers();
});

const pass = (milliseconds: number) => jest.advanceTimersByTimeAsync(milliseconds);

describe('the use of a key', () => {
  it('is written a second later, with its time and its address', async () => {
    usage.note('k1', '192.0.2.1');
    await pass(SECOND - 1);
    expect(store.writes).toEqual([]);
    await pass(1);
    expect(store.writes).toEqual([[{ id: 'k1', at: START, from: '192.0.2.1' }]]);
  });

  it('is written together with what comes in that second, each key once and at its last use', async () => {
    usage.note('k1', '192.0.2.1');
    await pass(500);
    usage.note('k2', '192.0.2.2');
    usage.note('k1', '2001:db8::1');
    await pass(500);
    expect(store.writes).toEqual([
      [
        { id: 'k1', at: START + 500, from: '2001:db8::1' },
        { id: 'k2', at: START + 500, from: '192.0.2.2' },
      ],
    ]);
  });

  it('is written once a minute, however often there is one', async () => {
    for (let second = 0; second < 600; second++) {
      usage.note('k1', '192.0.2.1');
      usage.note(`k${second}`, '192.0.2.1');
      await pass(SECOND);
    }
    expect(store.writes.length).toBeGreaterThanOrEqual(10);
    expect(store.writes.length).toBeLessThanOrEqual(11);
    const ofOne = store.writes.flat().filter(({ id }) => id === 'k1');
    const pauses = ofOne.slice(1).map(({ at }, index) => at - ofOne[index]!.at);
    expect(ofOne).toHaveLength(store.writes.length);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(MINUTE - SECOND);
  });

  it('is written a second later again after a quiet minute', async () => {
    usage.note('k1', '192.0.2.1');
    await pass(2 * MINUTE);
    usage.note('k1', '192.0.2.1');
    await pass(SECOND);
    expect(store.writes).toHaveLength(2);
  });

  it('leaves no timer where there is none', async () => {
    expect(jest.getTimerCount()).toBe(0);
    usage.note('k1', '192.0.2.1');
    usage.note('k1', '192.0.2.1');
    expect(jest.getTimerCount()).toBe(1);
    await pass(SECOND);
    expect(jest.getTimerCount()).toBe(0);
    await pass(10 * MINUTE);
    expect(store.writes).toHaveLength(1);
  });
});

describe('a shutdown', () => {
  it('writes what is left, and leaves no timer', async () => {
    usage.note('k1', '192.0.2.1');
    await stop();
    expect(store.writes).toEqual([[{ id: 'k1', at: START, from: '192.0.2.1' }]]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('writes nothing where nothing is left', async () => {
    usage.note('k1', '192.0.2.1');
    await pass(SECOND);
    await stop();
    expect(store.writes).toHaveLength(1);
  });

  it('waits for a write under way', async () => {
    let release = () => {};
    store.held = new Promise((resolve) => {
      release = resolve;
    });
    usage.note('k1', '192.0.2.1');
    await pass(SECOND);
    let isOver = false;
    const over = stop().then(() => {
      isOver = true;
    });
    await pass(SECOND);
    expect(isOver).toBe(false);
    release();
    await over;
    expect(store.writes).toHaveLength(1);
  });

  it('tries once more what a write under way could not write', async () => {
    let fail: (error: Error) => void = () => {};
    store.held = new Promise((_, reject) => {
      fail = reject;
    });
    usage.note('k1', '192.0.2.1');
    await pass(SECOND);
    const over = stop();
    store.held = undefined;
    fail(new Error('connection lost'));
    await over;
    expect(store.writes).toEqual([[{ id: 'k1', at: START, from: '192.0.2.1' }]]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is not held up by a store that is down, and leaves no timer', async () => {
    store.isDown = true;
    usage.note('k1', '192.0.2.1');
    await stop();
    expect(warn).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('a store that is down', () => {
  it('is logged, without a name or an address, and is tried again', async () => {
    store.isDown = true;
    usage.note('k1', '192.0.2.1');
    await pass(SECOND);
    expect(warn.mock.calls).toEqual([
      ['The last uses of 1 API keys could not be written: stores.apiKeys: Error: connection refused'],
    ]);
    store.isDown = false;
    await pass(MINUTE);
    expect(store.writes).toEqual([[{ id: 'k1', at: START, from: '192.0.2.1' }]]);
  });

  it('is tried no more than once a minute', async () => {
    store.isDown = true;
    for (let second = 0; second < 300; second++) {
      usage.note('k1', '192.0.2.1');
      await pass(SECOND);
    }
    expect(warn.mock.calls.length).toBeGreaterThanOrEqual(5);
    expect(warn.mock.calls.length).toBeLessThanOrEqual(6);
  });

  it('loses no use, and an older one does not take the place of a newer', async () => {
    store.isDown = true;
    usage.note('k1', '192.0.2.1');
    usage.note('k2', '192.0.2.2');
    await pass(SECOND);
    usage.note('k1', '192.0.2.3');
    store.isDown = false;
    await pass(MINUTE);
    expect(store.writes.flat()).toEqual([
      { id: 'k1', at: START + SECOND, from: '192.0.2.3' },
      { id: 'k2', at: START, from: '192.0.2.2' },
    ]);
  });

  it.each(['rejects', 'throws'])('throws nothing at whoever flushes, whether it %s', async (how) => {
    store.recordUses = () => {
      if (how === 'throws') throw new Error('not connected');
      return Promise.reject(new Error('connection refused'));
    };
    usage.note('k1', '192.0.2.1');
    await expect(usage.flush()).resolves.toBeUndefined();
    expect(warn).toHaveBeenCalledTimes(1);
  });
});
