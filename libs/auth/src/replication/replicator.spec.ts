import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { BanRecord } from '../bans/ban.store.js';
import { BANS_CHANGED } from '../bans/ban-changes.js';
import { BanService } from '../bans/ban-service.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { PortcullisError } from '../errors.js';
import type { SecurityEvent } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { type IpAddress, type IpNetwork, parseIpAddress, parseIpNetwork } from '../net/ip-address.js';
import type { Revocation } from '../revocation/revocation.store.js';
import { REVOKED } from '../revocation/revocation-changes.js';
import { RevocationService } from '../revocation/revocation-service.js';
import { MemoryBanStore } from '../stores/memory/memory-ban.store.js';
import { MemoryRevocationStore } from '../stores/memory/memory-revocation.store.js';
import { ChangeCatalog, type ChangeRules, defineChange } from './change-definition.js';
import type { Change, ChangeFeed, ChangeFollower } from './change-feed.js';
import { Replicator } from './replicator.js';

/** A change feed that a test holds in its hands: it delivers when it is told to. */
class HandFeed implements ChangeFeed {
  readonly followers = new Set<ChangeFollower>();
  readonly published: Change[] = [];
  publishWith?: ChangeFeed['publishWith'] & {};
  isDown = false;

  async publish(change: Change): Promise<void> {
    if (this.isDown) throw new Error('the feed is down');
    this.published.push(change);
    for (const follower of this.followers) follower.changed(change);
  }

  async follow(follower: ChangeFollower) {
    this.followers.add(follower);
    return async () => {
      this.followers.delete(follower);
    };
  }
}

const ISSUER = 'https://api.example';
const OFFENDER = parseIpAddress('203.0.113.7') as IpAddress;
const FACTS = {
  issuer: ISSUER,
  tokenId: 't1',
  sessionId: undefined,
  subject: 'ada',
  clientId: 'web',
  issuedAt: 0,
};

let feed: HandFeed;
let bansInStore: MemoryBanStore;
let revocationsInStore: MemoryRevocationStore;
let closing: Replicator[];
beforeEach(() => {
  feed = new HandFeed();
  bansInStore = new MemoryBanStore();
  revocationsInStore = new MemoryRevocationStore();
  closing = [];
});
afterEach(async () => {
  for (const replicator of closing) await replicator.close();
  jest.restoreAllMocks();
});

const revocationOf = (tokenId: string): Revocation => ({
  ...{ type: 'token', tokenId, id: 'r1', issuer: ISSUER, reason: 'spec', revokedAt: 0 },
  expiresAt: Number.MAX_SAFE_INTEGER,
});
const banOf = (network: string): BanRecord => ({
  ...{ id: 'b1', network, reason: 'spec', rule: null, actor: null, offence: 1, shadow: false, createdAt: 0 },
  ...{ expiresAt: Number.MAX_SAFE_INTEGER, liftedAt: null, liftedBy: null, strikes: [] },
});

async function instance(replication: { maxStalenessSeconds?: number; whenStale?: 'accept' } = {}) {
  const stores = memoryStores({ bans: bansInStore, revocations: revocationsInStore });
  const tokens = { audience: 'parcels', issuer: { url: ISSUER } };
  const options = resolveOptions({ tokens, replication: { feed, ...replication } }, stores);
  const events = new SecurityEvents();
  const emitted: SecurityEvent[] = [];
  events.subscribe((event) => emitted.push(event));
  const replicator = new Replicator(options, events, CHANGES);
  closing.push(replicator);
  const bans = new BanService(options, events, replicator);
  const revocations = new RevocationService(options, events, replicator);
  await Promise.all([bans.onModuleInit(), revocations.onModuleInit()]);
  return { bans, revocations, replicator, emitted };
}

/** Resolves when the condition holds: what is taken over asks the store first. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

describe('an instance', () => {
  it('holds what another one bans, and lets in whom another one lets in', async () => {
    const [one, other] = [await instance(), await instance()];
    const ban = await one.bans.ban('203.0.113.7', { reason: 'spec' });
    await until(() => other.bans.find(OFFENDER) !== undefined);
    await other.bans.unban(ban.id);
    await until(() => one.bans.find(OFFENDER) === undefined);
    await one.bans.ban('203.0.113.0/24', { reason: 'spec' });
    await until(() => other.bans.find(OFFENDER) !== undefined);
    await other.bans.clear();
    await until(() => one.bans.find(OFFENDER) === undefined);
  });

  it('refuses what another one revokes, before anything else is asked', async () => {
    const [one, other] = [await instance(), await instance()];
    await one.revocations.revokeToken('t1', { reason: 'spec' });
    expect(other.revocations.isRevoked(FACTS)).toBe(true);
    expect(other.revocations.isRevoked({ ...FACTS, tokenId: 't2' })).toBe(false);
  });

  it('takes no harm from what comes twice, late, or out of order', async () => {
    const [one, other] = [await instance(), await instance()];
    const ban = await one.bans.ban('203.0.113.7', { reason: 'spec' });
    await one.bans.unban(ban.id);
    for (const change of [...feed.published, ...feed.published.toReversed()]) {
      for (const follower of feed.followers) follower.changed(change);
    }
    await new Promise(setImmediate);
    await until(() => other.bans.find(OFFENDER) === undefined);
    expect([one, other].map(({ bans }) => bans.find(OFFENDER))).toEqual([undefined, undefined]);
  });

  it('reads everything again when it may have missed something', async () => {
    const [one, other] = [await instance(), await instance()];
    const followers = [...feed.followers];
    feed.followers.clear();
    await one.bans.ban('203.0.113.7', { reason: 'spec' });
    await one.revocations.revokeToken('t1', { reason: 'spec' });
    await new Promise(setImmediate);
    expect(other.bans.find(OFFENDER)).toBeUndefined();
    for (const follower of followers) follower.missed();
    await until(() => other.bans.find(OFFENDER) !== undefined && other.revocations.isRevoked(FACTS));
  });

  it('does not ban for a second offence whom another one has just banned for the same', async () => {
    const [one, other] = [await instance(), await instance()];
    const followers = [...feed.followers];
    feed.followers.clear();
    const network = parseIpNetwork('203.0.113.7') as IpNetwork;
    const why = { rule: 'probing', reason: 'probes', shadow: false, strikes: [] };
    await one.bans.banByRule(network, why);
    await other.bans.banByRule(network, why);
    expect(other.bans.find(OFFENDER)).toEqual(one.bans.find(OFFENDER));
    expect((await other.bans.list()).bans).toMatchObject([{ offence: 1 }]);
    expect(other.emitted.map(({ type }) => type)).not.toContain('address.banned');
    for (const follower of followers) feed.followers.add(follower);
  });

  it('takes a revocation over at once, also while the store of bans does not answer', async () => {
    const [one, other] = [await instance(), await instance()];
    bansInStore.list = () => new Promise(() => {});
    for (const follower of feed.followers) follower.changed({ kind: 'bans', networks: ['203.0.113.7/32'] });
    await new Promise(setImmediate);
    await one.revocations.revokeToken('t1', { reason: 'spec' });
    expect(other.revocations.isRevoked(FACTS)).toBe(true);
  });

  it('passes over a change of what is no network', async () => {
    const [one, other] = [await instance(), await instance()];
    for (const follower of feed.followers) follower.changed({ kind: 'bans', networks: ['nonsense', ''] });
    await one.bans.ban('203.0.113.7', { reason: 'spec' });
    await until(() => other.bans.find(OFFENDER) !== undefined);
  });

  it('takes a change over as soon as the store answers again', async () => {
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const [one, other] = [await instance(), await instance()];
    const list = jest.spyOn(bansInStore, 'list').mockRejectedValueOnce(new Error('down'));
    list.mockRejectedValueOnce(new Error('still down'));
    await one.bans.ban('203.0.113.7', { reason: 'spec' });
    await until(() => other.bans.find(OFFENDER) !== undefined);
  });

  it('keeps a ban of its own that was made while everything was read again', async () => {
    const one = await instance();
    let answer: (() => void) | undefined;
    const findActive = bansInStore.findActive.bind(bansInStore);
    bansInStore.findActive = async (query) => {
      const page = await findActive(query);
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return page;
    };
    for (const follower of feed.followers) follower.missed();
    await until(() => answer !== undefined);
    bansInStore.findActive = findActive;
    // By what comes back of it, it would be read again.
    feed.followers.clear();
    await one.bans.ban('203.0.113.7', { reason: 'spec' });
    answer?.();
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(one.bans.find(OFFENDER)).toBeDefined();
  });
});

describe('a change that can not be published', () => {
  it('is refused as such, holds here, and is published as soon as it can be', async () => {
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    const [one, other] = [await instance(), await instance()];
    feed.isDown = true;
    const revoking = one.revocations.revokeToken('t1', { reason: 'spec' });
    await expect(revoking).rejects.toThrow(PortcullisError);
    await expect(one.bans.ban('203.0.113.7', { reason: 'spec' })).rejects.toThrow(PortcullisError);
    expect(one.revocations.isRevoked(FACTS)).toBe(true);
    expect(one.bans.find(OFFENDER)).toBeDefined();
    expect(other.revocations.isRevoked(FACTS)).toBe(false);
    feed.isDown = false;
    await until(() => other.revocations.isRevoked(FACTS) && other.bans.find(OFFENDER) !== undefined);
  });
});

describe('a change that can never be published', () => {
  it('holds up no other', async () => {
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    const [one, other] = [await instance(), await instance()];
    const publish = feed.publish.bind(feed);
    feed.publish = async (change) => {
      if (change.kind === 'bans') throw new Error('too large');
      return publish(change);
    };
    await expect(one.bans.ban('203.0.113.7', { reason: 'spec' })).rejects.toThrow(PortcullisError);
    feed.isDown = true;
    const revoking = one.revocations.revokeToken('t1', { reason: 'spec' });
    await expect(revoking).rejects.toThrow(PortcullisError);
    feed.isDown = false;
    await until(() => other.revocations.isRevoked(FACTS));
    expect(one.replicator.unpublishedChanges).toBe(1);
  });
});

describe('what an instance can not read', () => {
  const deliver = (change: Change) => {
    for (const follower of feed.followers) follower.changed(change);
  };

  it.each<[string, Change]>([
    ['a kind of a newer version', { kind: 'sessions', ids: ['s1'] }],
    ['a kind that lies in the prototype of everything', { kind: 'constructor' }],
    ['a known kind without its parts', { kind: 'bans' }],
    ['networks that are none', { kind: 'bans', networks: [7] }],
    ['a revocation of a newer version', { kind: 'revocation', revocation: { type: 'galaxy' } }],
    ['no revocation', { kind: 'revocation', revocation: null }],
    ['ids that are none', { kind: 'api-keys', ids: 'all' }],
    ['keys that are none', { kind: 'signing-keys', gone: [null] }],
  ])('may be anything, so everything is read again: %s', async (_, change) => {
    const { revocations, bans } = await instance();
    await revocationsInStore.save([revocationOf('t1')]);
    deliver(change);
    await until(() => revocations.isRevoked(FACTS));
    // It stands in nobody's way.
    await bansInStore.save([banOf('203.0.113.7/32')]);
    deliver({ kind: 'bans', networks: ['203.0.113.7/32'] });
    await until(() => bans.find(OFFENDER) !== undefined);
  });

  it('is not what nobody here follows: a known kind disturbs no replica of another', async () => {
    const { bans } = await instance();
    const reads = [jest.spyOn(bansInStore, 'list'), jest.spyOn(bansInStore, 'findActive')];
    deliver({ kind: 'api-keys', ids: ['k1'] });
    deliver({ kind: 'signing-keys', gone: [] });
    await new Promise(setImmediate);
    for (const read of reads) expect(read).not.toHaveBeenCalled();
    expect(bans.find(OFFENDER)).toBeUndefined();
  });
});

describe('an extension that is broken', () => {
  /** An instance with a kind of its own, and the replica that follows it. */
  async function instanceWith(rules: Partial<ChangeRules<object>>, take: () => Promise<void> | void) {
    const definition = defineChange(
      'parcels' as never,
      {
        parse: () => ({}),
        takenOver: 'at-once',
        ...rules,
      } as never,
    );
    const options = resolveOptions({ replication: { feed } }, stores());
    const catalog = new ChangeCatalog([definition]);
    const replicator = new Replicator(options, new SecurityEvents(), catalog);
    closing.push(replicator);
    let reloads = 0;
    await replicator.follow({
      follows: definition,
      take,
      reload: async () => {
        reloads++;
      },
    });
    return { replicator, definition, reloads: () => reloads };
  }
  const stores = () => memoryStores({ bans: bansInStore, revocations: revocationsInStore });
  const deliver = () => {
    for (const follower of feed.followers) follower.changed({ kind: 'parcels' });
  };
  const fails = () => {
    throw new Error('a bug');
  };

  it('and can not read its changes has everything read again, and throws nothing at the feed', async () => {
    const { reloads } = await instanceWith({ parse: fails }, () => {});
    expect(deliver).not.toThrow();
    await until(() => reloads() === 1);
  });

  it.each<[string, () => Promise<void> | void]>([
    ['at once', fails],
    ['later', () => Promise.reject(new Error('a bug'))],
  ])('and fails to take a change over %s has everything read again', async (_, take) => {
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const { reloads } = await instanceWith({}, take);
    expect(deliver).not.toThrow();
    await until(() => reloads() === 1);
  });

  it.each<[string, () => object]>([
    ['fails', fails],
    ['gives nothing', () => undefined as unknown as object],
  ])('and whose coalescing %s loses no change', async (_, coalesce) => {
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    const { replicator, definition } = await instanceWith({ coalesce }, () => {});
    feed.isDown = true;
    for (let count = 0; count < 3; count++)
      await expect(replicator.publish(definition, {} as never)).rejects.toThrow(PortcullisError);
    expect(replicator.unpublishedChanges).toBe(3);
  });
});

describe('a replica', () => {
  it('gets only the kind that it follows', async () => {
    const { replicator } = await instance();
    const taken: unknown[] = [];
    await replicator.follow({
      follows: REVOKED,
      take: ({ revocation }) => {
        taken.push(revocation.id);
      },
      reload: async () => {},
    });
    for (const follower of feed.followers) {
      follower.changed({ kind: 'bans', networks: [] });
      follower.changed({ kind: 'revocation', revocation: revocationOf('t1') });
    }
    expect(taken).toEqual(['r1']);
  });

  it.each<[string, () => Promise<void>]>([
    ['fails', () => Promise.reject(new Error('a bug'))],
    ['hangs', () => new Promise(() => {})],
  ])('that %s holds up no other', async (_, never) => {
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const { replicator, bans, revocations } = await instance();
    await replicator.follow({ follows: BANS_CHANGED, take: never, reload: never });
    await bansInStore.save([banOf('203.0.113.7/32')]);
    for (const follower of feed.followers) follower.changed({ kind: 'bans', networks: ['203.0.113.7/32'] });
    await until(() => bans.find(OFFENDER) !== undefined);
    await revocationsInStore.save([revocationOf('t1')]);
    await bansInStore.save([banOf('203.0.113.8/32')]);
    for (const follower of feed.followers) follower.missed();
    await until(() => revocations.isRevoked(FACTS));
    for (const follower of feed.followers) follower.changed({ kind: 'bans', networks: ['203.0.113.8/32'] });
    await until(() => bans.find(parseIpAddress('203.0.113.8') as IpAddress) !== undefined);
  });

  it('of a kind that nobody has registered is a mistake in the configuration', async () => {
    const { replicator } = await instance();
    const follows = { ...REVOKED, kind: 'parcels' } as unknown as typeof REVOKED;
    await expect(replicator.follow({ follows, take: () => {}, reload: async () => {} })).rejects.toThrow(
      'the change "parcels" is not registered',
    );
  });
});

describe('an instance that is cut off', () => {
  let now: number;
  beforeEach(() => {
    now = 1_000_000;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
  });
  const beat = () => {
    for (const follower of feed.followers) follower.upToDate();
  };

  it('vouches for no credential after a while, and does again when it has caught up', async () => {
    const { replicator } = await instance({ maxStalenessSeconds: 10 });
    now += 10_000;
    expect(() => replicator.refuseIfStale()).not.toThrow();
    now += 1;
    expect(replicator.isStale).toBe(true);
    expect(() => replicator.refuseIfStale()).toThrow(PortcullisError);
    beat();
    expect(() => replicator.refuseIfStale()).not.toThrow();
  });

  it('goes on where that is wanted, and with bans in any case', async () => {
    const { replicator, bans } = await instance({ maxStalenessSeconds: 10, whenStale: 'accept' });
    now += 60_000;
    expect(() => replicator.refuseIfStale()).not.toThrow();
    expect(bans.find(OFFENDER)).toBeUndefined();
  });

  it('is reported once when it begins and once when it ends', async () => {
    jest.useFakeTimers({ doNotFake: ['performance', 'setImmediate', 'nextTick'] });
    const { emitted } = await instance({ maxStalenessSeconds: 10 });
    now += 60_000;
    jest.advanceTimersByTime(5_000);
    beat();
    jest.advanceTimersByTime(5_000);
    jest.useRealTimers();
    expect(emitted.map(({ type }) => type)).toEqual(['replicas.stale', 'replicas.fresh']);
  });

  it('is none that has only bans left to take over, of which an attacker can cause very many', async () => {
    const { replicator } = await instance({ maxStalenessSeconds: 10 });
    bansInStore.list = () => new Promise(() => {});
    for (const follower of feed.followers) {
      for (let count = 0; count < 20_000; count++)
        follower.changed({ kind: 'bans', networks: ['203.0.113.7/32'] });
    }
    now += 10_001;
    beat();
    expect(replicator.isStale).toBe(false);
  });

  it('is as long as it has not read again what it may have missed', async () => {
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const { replicator, bans } = await instance({ maxStalenessSeconds: 10 });
    const reads = jest.spyOn(bansInStore, 'findActive').mockRejectedValue(new Error('down'));
    for (const follower of feed.followers) follower.missed();
    await until(() => reads.mock.calls.length > 0);
    await new Promise(setImmediate);
    now += 10_001;
    beat();
    expect(replicator.isStale).toBe(true);
    expect(bans.find(OFFENDER)).toBeUndefined();
  });
});

describe('an instance whose machine was suspended', () => {
  it('vouches for no credential until it has asked again: what was answered before says nothing', async () => {
    const { replicator } = await instance({ maxStalenessSeconds: 10 });
    const tell = (when: number) => {
      for (const follower of feed.followers) follower.upToDate(when);
    };
    const time = Date.now();
    const now = performance.now();
    const monotonic = jest.spyOn(performance, 'now').mockReturnValue(now);
    const clock = jest.spyOn(Date, 'now').mockReturnValue(time);
    tell(now);
    // A millisecond here, and a minute everywhere else.
    monotonic.mockReturnValue(now + 1);
    clock.mockReturnValue(time + 60_000);
    expect(replicator.isStale).toBe(true);
    tell(now + 0.5);
    expect(replicator.isStale).toBe(true);
    monotonic.mockReturnValue(now + 2);
    tell(now + 1.5);
    expect(replicator.isStale).toBe(false);
  });
});

describe('a revocation that is kept and published in one transaction', () => {
  /** Fails at the end of so many transactions: what was kept in them is undone. */
  function transactional(failures: number): void {
    feed.publishWith = async (changes, keep) => {
      if (failures-- > 0) {
        const { save } = revocationsInStore;
        revocationsInStore.save = async () => {};
        await keep({});
        revocationsInStore.save = save;
        throw new Error('the commit failed');
      }
      await keep({});
      for (const change of changes) await feed.publish(change);
    };
  }
  const kept = () => revocationsInStore.findSince(0, 10);

  it('is so again as a whole where its end is not known, and holds here meanwhile', async () => {
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    const { revocations, replicator } = await instance();
    transactional(2);
    const revoking = revocations.revokeToken('t1', { reason: 'stolen' });
    await expect(revoking).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      reason: expect.stringContaining('may not be kept'),
    });
    expect(revocations.isRevoked(FACTS)).toBe(true);
    expect([(await kept()).length, replicator.unpublishedChanges]).toEqual([0, 1]);
    await until(() => replicator.unpublishedChanges === 0);
    expect([(await kept()).length, feed.published.length]).toEqual([1, 1]);
  });

  it('holds nowhere where it was never kept', async () => {
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    const { revocations, replicator, emitted } = await instance();
    transactional(0);
    revocationsInStore.save = () => Promise.reject(new Error('the table is locked'));
    await expect(revocations.revokeToken('t1', { reason: 'stolen' })).rejects.toMatchObject({
      reason: expect.stringContaining('the table is locked'),
    });
    expect([revocations.isRevoked(FACTS), replicator.unpublishedChanges, emitted]).toEqual([false, 0, []]);
  });
});

describe('a sign of life that says as of when', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Date.UTC(2030, 0, 1)])(
    'is none where that is %p, and spoils no later one',
    async (asOf) => {
      const { replicator } = await instance({ maxStalenessSeconds: 2 });
      const tell = (when?: number) => {
        for (const follower of feed.followers) follower.upToDate(when);
      };
      const now = performance.now();
      jest.spyOn(performance, 'now').mockReturnValue(now + 5_000);
      tell(asOf);
      expect(replicator.isStale).toBe(true);
      tell(now + 4_900);
      expect(replicator.isStale).toBe(false);
    },
  );
});
