import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { InputError } from '../errors.js';
import type { SecurityEvent } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import type { TokenFacts } from '../identity/verified-token.js';
import type { ChangeFeed, ChangeFollower } from '../replication/change-feed.js';
import { Replicator } from '../replication/replicator.js';
import { MemoryRevocationStore } from '../stores/memory/memory-revocation.store.js';
import { ActiveRevocations } from './active-revocations.js';
import type { Revocation } from './revocation.store.js';
import { REVOKED } from './revocation-changes.js';
import { RevocationService } from './revocation-service.js';

const START = Date.UTC(2030, 0, 1);
const STARTED = START / 1_000;
const OWN = 'https://api.example';
const OTHER = 'https://other.example';
const YEAR_MS = 31_557_600_000;

let now: number;
let store: MemoryRevocationStore;
let events: SecurityEvent[];
beforeEach(() => {
  now = START;
  store = new MemoryRevocationStore();
  events = [];
});

/** Closed after each test. */
const replicators: Replicator[] = [];
afterEach(async () => {
  for (const replicator of replicators.splice(0)) await replicator.close();
});

/** What delivers at once, as JSON has it. */
function feedOf(followers: ChangeFollower[]): ChangeFeed {
  return {
    publish: async (change) => {
      for (const follower of followers) follower.changed(JSON.parse(JSON.stringify(change)));
    },
    follow: async (follower) => {
      followers.push(follower);
      return async () => {};
    },
  };
}

function open(feed?: ChangeFeed): RevocationService {
  const stream = new SecurityEvents();
  stream.subscribe((event) => events.push(event));
  const tokens = { audience: 'parcels', issuer: { url: OWN }, clockToleranceSeconds: 5 };
  const given = { tokens, now: () => now, ...(feed && { replication: { feed } }) };
  const options = resolveOptions(given, memoryStores({ revocations: store }));
  const replicator = new Replicator(options, stream, CHANGES);
  replicators.push(replicator);
  return new RevocationService(options, stream, replicator);
}

const token = (issuedAt: number, facts: Partial<TokenFacts> = {}): TokenFacts => ({
  ...{ issuer: OWN, tokenId: 't1', sessionId: undefined, subject: 'ann', clientId: 'web', issuedAt },
  ...facts,
});

describe('revoking all that an issuer has issued', () => {
  it('refuses what was issued up to now, for whomever, and nothing else', async () => {
    const service = open();
    const revocation = await service.revokeAll({ reason: 'restored', actor: 'root' });
    expect(revocation).toMatchObject({ type: 'issuer', issuer: OWN, issuedUntil: STARTED });
    for (const facts of [{}, { subject: 'bob' }, { clientId: 'app' }, { tokenId: 't2', sessionId: 's' }])
      expect(service.isRevoked(token(STARTED, facts))).toBe(true);
    expect(service.isRevoked(token(STARTED + 1))).toBe(false);
    expect(service.isRevoked(token(STARTED, { issuer: OTHER }))).toBe(false);
    expect(events).toEqual([{ type: 'tokens.revoked', revocation, actor: 'root' }]);
  });

  it('also refuses the personal tokens of its users', async () => {
    now = START + 300;
    const service = open();
    await service.revokeAll({ reason: 'restored' });
    const user = { issuer: OWN, subject: 'ann' };
    expect(service.isUserRevoked({ ...user, issuedAt: STARTED })).toBe(true);
    expect(service.isUserRevoked({ ...user, issuedAt: STARTED + 1 })).toBe(false);
    expect(service.isUserRevoked({ ...user, issuer: OTHER, issuedAt: 0 })).toBe(false);
  });

  it('goes up to the time that is named, which is not to come', async () => {
    const service = open();
    await service.revokeAll({ reason: 'restored', issuedUntil: STARTED - 100 });
    expect(service.isRevoked(token(STARTED - 100))).toBe(true);
    expect(service.isRevoked(token(STARTED - 99))).toBe(false);
    for (const issuedUntil of [STARTED + 1, START, Number.NaN, Number.POSITIVE_INFINITY])
      await expect(service.revokeAll({ reason: 'restored', issuedUntil })).rejects.toThrow(InputError);
    expect(await store.findSince(0, 9)).toHaveLength(1);
  });

  it('takes into account that the clock of another issuer may be ahead', async () => {
    const service = open();
    await service.revokeAll({ reason: 'restored', issuer: OTHER });
    expect(service.isRevoked(token(STARTED + 5, { issuer: OTHER }))).toBe(true);
    expect(service.isRevoked(token(STARTED + 6, { issuer: OTHER }))).toBe(false);
  });

  it('has its own next token wait until it is over', async () => {
    const service = open();
    await service.revokeAll({ reason: 'restored' });
    now = START + 1_000;
    expect(await service.issueTime(OWN, 'ann', 'web')).toBe(STARTED + 1);
  });

  it('holds for good, because a personal token may never expire', async () => {
    await open().revokeAll({ reason: 'restored' });
    now = START + 50 * YEAR_MS;
    const later = open();
    await later.revokeToken('t9', { reason: 'sweeps what is over' });
    await later.onModuleInit();
    expect(later.isUserRevoked({ issuer: OWN, subject: 'ann', issuedAt: STARTED })).toBe(true);
  });

  it('is heard by an app that runs, and by one that starts', async () => {
    const feed = feedOf([]);
    const [one, other] = [open(feed), open(feed)];
    await other.onModuleInit();
    await one.revokeAll({ reason: 'restored' });
    const later = open();
    await later.onModuleInit();
    for (const service of [other, later]) expect(service.isRevoked(token(STARTED))).toBe(true);
  });
});

describe('a change that says so', () => {
  const common = { id: 'r1', issuer: OWN, reason: 'x', revokedAt: 0, expiresAt: 1 };

  it.each([undefined, null, 'now', Number.NaN])('is not understood with the time %p', (issuedUntil) => {
    const revocation = { ...common, type: 'issuer', issuedUntil };
    expect(REVOKED.read({ kind: 'revocation', revocation })).toBeUndefined();
  });
});

describe('a replica', () => {
  const upTo = (issuedUntil: number, id = 'r1'): Revocation => ({
    ...{ id, issuer: OWN, reason: 'x', revokedAt: 0, expiresAt: 1_000 },
    ...{ type: 'issuer', issuedUntil },
  });

  it('goes by the later of two, whichever is learned first', () => {
    for (const times of [
      [9, 5],
      [5, 9],
    ]) {
      const replica = new ActiveRevocations();
      for (const time of times) replica.apply(upTo(time), 0);
      expect(replica.covers(token(9))).toBe(true);
      expect(replica.covers(token(10))).toBe(false);
      expect(replica.issuedUntil(OWN, 'ann', undefined)).toBe(9);
    }
  });
});
