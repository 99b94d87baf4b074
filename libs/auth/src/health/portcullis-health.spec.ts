import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { BANS_CHANGED } from '../bans/ban-changes.js';
import {
  CHANGES,
  memoryStores,
  registeredStores,
  resolveOptions,
} from '../composition/resolve-options.spec-support.js';
import { SecurityEvents } from '../events/security-events.js';
import type { ChangeFeed, ChangeFollower } from '../replication/change-feed.js';
import { Replicator } from '../replication/replicator.js';
import { REVOKED } from '../revocation/revocation-changes.js';
import { MemoryApiKeyStore } from '../stores/memory/memory-api-key.store.js';
import { MemoryAuditStore } from '../stores/memory/memory-audit.store.js';
import { MemorySigningKeyStore } from '../stores/memory/memory-signing-key.store.js';
import { PortcullisHealth } from './portcullis-health.js';

/** A store of API keys that a test lets fail or hang. */
class HandStore extends MemoryApiKeyStore {
  reads = 0;
  state: 'up' | 'failing' | 'hanging' = 'up';
  #hanging: (() => void)[] = [];

  override async findById(id: string) {
    this.reads++;
    if (this.state === 'failing') throw new Error('postgres://ops:hunter2@db refuses it');
    if (this.state === 'hanging') await new Promise<void>((resolve) => this.#hanging.push(resolve));
    return super.findById(id);
  }

  answer(): void {
    this.state = 'up';
    for (const resolve of this.#hanging.splice(0)) resolve();
  }
}

class HandFeed implements ChangeFeed {
  follower: ChangeFollower | undefined;
  isDown = false;

  async publish(): Promise<void> {
    if (this.isDown) throw new Error('the feed is down');
  }

  async follow(follower: ChangeFollower) {
    this.follower = follower;
    return async () => {};
  }
}

let store: HandStore;
let feed: HandFeed;
let now: number;
let warnings: unknown[];
let replicator: Replicator | undefined;
beforeEach(() => {
  store = new HandStore();
  feed = new HandFeed();
  now = 1_000_000;
  warnings = [];
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  jest.spyOn(Logger.prototype, 'warn').mockImplementation((line) => void warnings.push(line));
  jest.spyOn(Logger.prototype, 'log').mockImplementation((line) => void warnings.push(line));
  jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
});
afterEach(async () => {
  await replicator?.close();
  jest.useRealTimers();
  jest.restoreAllMocks();
});

async function healthWith(
  replication?: { whenStale?: 'accept' },
  isKeptInFull = false,
): Promise<PortcullisHealth> {
  const stores = memoryStores({
    apiKeys: store,
    ...(isKeptInFull && { signingKeys: new MemorySigningKeyStore(), audit: new MemoryAuditStore() }),
  });
  const options = resolveOptions(replication ? { replication: { feed, ...replication } } : {}, stores);
  replicator = new Replicator(options, new SecurityEvents(), CHANGES);
  await replicator.follow({ follows: REVOKED, take: () => {}, reload: async () => {} });
  return new PortcullisHealth(replicator, registeredStores(options));
}

/** Later, when nothing is remembered any more. */
function pass(milliseconds = 1_001): void {
  now += milliseconds;
}

describe('the health of one instance', () => {
  it('is asked of the stores that an app need not have, too', async () => {
    const { stores } = await (await healthWith(undefined, true)).check();
    expect(stores).toMatchObject({ signingKeys: 'up', audit: 'up' });
  });

  it('is up while every store answers', async () => {
    const health = await healthWith();
    const stores = {
      ...{ apiKeys: 'up', bans: 'up', revocations: 'up', sessions: 'up', factors: 'up', loginTickets: 'up' },
      ...{ oauthArtifacts: 'up', oauthClients: 'up', oauthConsents: 'up', accountLinks: 'up' },
    };
    expect(await health.check()).toEqual({ status: 'up', stores, feed: undefined, unfinishedWork: 0 });
    expect(await health.isHealthy()).toEqual({ portcullis: { status: 'up' } });
    expect(await health.isHealthy('access')).toEqual({ access: { status: 'up' } });
  });

  it('is degraded while a store fails, and says nothing of why but in the log, once, without what the driver says', async () => {
    const health = await healthWith();
    store.state = 'failing';
    for (let round = 0; round < 3; round++) {
      pass();
      expect(await health.isHealthy('portcullis')).toEqual({ portcullis: { status: 'degraded' } });
    }
    expect((await health.check()).stores).toEqual({
      apiKeys: 'down',
      bans: 'up',
      revocations: 'up',
      sessions: 'up',
      factors: 'up',
      loginTickets: 'up',
      oauthArtifacts: 'up',
      oauthClients: 'up',
      oauthConsents: 'up',
      accountLinks: 'up',
    });
    store.answer();
    pass();
    expect((await health.check()).status).toBe('up');
    expect(warnings).toEqual([
      expect.stringMatching(/^Health: degraded .*"apiKeys":"down"/),
      'Health: up again',
    ]);
    expect(JSON.stringify(warnings)).not.toContain('hunter2');
  });

  it('waits a second at most for a store that hangs, and asks it no second time meanwhile', async () => {
    jest.useFakeTimers({ doNotFake: ['performance'] });
    const health = await healthWith();
    store.state = 'hanging';
    for (let round = 0; round < 3; round++) {
      pass();
      const checking = health.check();
      await jest.advanceTimersByTimeAsync(1_000);
      expect((await checking).stores.apiKeys).toBe('down');
    }
    expect(store.reads).toBe(1);
    store.answer();
    pass();
    expect((await health.check()).status).toBe('up');
    expect(store.reads).toBeLessThanOrEqual(2);
  });

  it('gives a question up that never gets an answer, after half a minute', async () => {
    jest.useFakeTimers({ doNotFake: ['performance'] });
    const health = await healthWith();
    const checked = async () => {
      const checking = health.check();
      await jest.advanceTimersByTimeAsync(1_000);
      return checking;
    };
    store.state = 'hanging';
    await checked();
    store.state = 'up';
    pass(29_000);
    expect((await checked()).status).toBe('degraded');
    pass(2_000);
    expect((await health.check()).status).toBe('up');
    expect(store.reads).toBe(2);
  });

  it('is looked at once a second, however often it is asked for', async () => {
    const health = await healthWith();
    await Promise.all(Array.from({ length: 1_000 }, () => health.check()));
    pass(900);
    await Promise.all(Array.from({ length: 1_000 }, () => health.isHealthy('portcullis')));
    expect(store.reads).toBe(1);
    pass();
    await health.check();
    expect(store.reads).toBe(2);
  });
});

describe('the health of an instance that follows others', () => {
  it('is up while the change feed gives signs of life', async () => {
    const health = await healthWith({});
    pass(2_000);
    expect(await health.check()).toMatchObject({
      status: 'up',
      feed: { status: 'up', lagMs: 2_000, isStale: false, unpublishedChanges: 0 },
    });
  });

  it('is degraded when they stop, down when it is stale, and up when they come again', async () => {
    const health = await healthWith({});
    pass(4_000);
    expect(await health.check()).toMatchObject({
      status: 'degraded',
      feed: { status: 'down', isStale: false },
    });
    pass(27_000);
    expect(await health.check()).toMatchObject({ status: 'down', feed: { status: 'down', isStale: true } });
    feed.follower?.upToDate();
    pass();
    expect((await health.check()).status).toBe('up');
  });

  it('is only degraded when it is stale and goes on all the same', async () => {
    const health = await healthWith({ whenStale: 'accept' });
    pass(60_000);
    expect(await health.check()).toMatchObject({ status: 'degraded', feed: { isStale: true } });
  });

  it('is degraded while a change is still to be published', async () => {
    const health = await healthWith({});
    feed.isDown = true;
    await expect(replicator?.publish(BANS_CHANGED, { networks: 'all' })).rejects.toThrow();
    expect(await health.check()).toMatchObject({
      status: 'degraded',
      feed: { status: 'up', unpublishedChanges: 1 },
    });
  });
});
