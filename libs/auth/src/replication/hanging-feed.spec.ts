import { BanService } from '../bans/ban-service.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { SecurityEvents } from '../events/security-events.js';
import { type IpAddress, type IpNetwork, parseIpAddress, parseIpNetwork } from '../net/ip-address.js';
import { RevocationService } from '../revocation/revocation-service.js';
import type { Change, ChangeFeed } from './change-feed.js';
import { Replicator } from './replicator.js';

/** Takes changes, and acknowledges none before it goes on. */
class HangingFeed implements ChangeFeed {
  readonly published: Change[] = [];
  goOn = () => {};
  readonly #isOn = new Promise<void>((resolve) => {
    this.goOn = resolve;
  });

  async publish(change: Change): Promise<void> {
    await this.#isOn;
    this.published.push(change);
  }

  async follow() {
    return async () => {};
  }
}

const ISSUER = 'https://api.example';
const OFFENDER = parseIpAddress('203.0.113.7') as IpAddress;
const NETWORK = parseIpNetwork('203.0.113.7/32') as IpNetwork;
const WHY = { reason: 'spec', rule: 'guesses', shadow: false, strikes: [] };

const tokenOf = (tokenId: string) => ({
  ...{ issuer: ISSUER, tokenId, sessionId: undefined, subject: 'ada', clientId: 'web' },
  issuedAt: 0,
});

/** Resolves when the condition holds: what is kept asks the store first. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

describe('while the change feed hangs', () => {
  let feed: HangingFeed;
  let replicator: Replicator;
  let bans: BanService;
  let revocations: RevocationService;
  let unanswered: Promise<unknown>[];
  const stores = memoryStores();

  beforeEach(async () => {
    feed = new HangingFeed();
    unanswered = [];
    const tokens = { audience: 'parcels', issuer: { url: ISSUER } };
    const options = resolveOptions({ tokens, replication: { feed } }, stores);
    const events = new SecurityEvents();
    replicator = new Replicator(options, events, CHANGES);
    bans = new BanService(options, events, replicator);
    revocations = new RevocationService(options, events, replicator);
    await Promise.all([bans.onModuleInit(), revocations.onModuleInit()]);
  });
  afterEach(async () => {
    feed.goOn();
    await Promise.all(unanswered);
    await replicator.close();
  });

  it('revocations are kept and hold here at once, also those that come after one that is still to be told', async () => {
    for (const tokenId of ['t1', 't2']) {
      unanswered.push(revocations.revokeToken(tokenId, { reason: 'stolen' }));
      await until(() => revocations.isRevoked(tokenOf(tokenId)));
    }
    expect(await stores.revocations.findSince(0, 10)).toHaveLength(2);
    expect(feed.published).toEqual([]);
    feed.goOn();
    await Promise.all(unanswered);
    expect(feed.published).toHaveLength(2);
  });

  it('a ban by a rule is kept and holds here at once, and for longer than one that is still to be decided', async () => {
    unanswered.push(bans.banByRule(NETWORK, WHY));
    expect(bans.find(OFFENDER)).toBeDefined();
    await until(() => bans.findDecided(OFFENDER) !== undefined);
    expect(bans.find(OFFENDER, Date.now() + 180_000)).toBeDefined();
    expect((await bans.list()).bans).toHaveLength(1);
    expect(feed.published).toEqual([]);
    feed.goOn();
    expect(await Promise.all(unanswered)).toEqual([true]);
    expect(feed.published).toEqual([{ kind: 'bans', networks: [NETWORK.text] }]);
  });
});
