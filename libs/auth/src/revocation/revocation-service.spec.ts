import { jest } from '@jest/globals';
import { Controller, Get, Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { RequireUser } from '../access/access.decorator.js';
import { PortcullisModule } from '../composition/portcullis.module.js';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import type { SecurityEvent } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { UserIdentity } from '../identity/identity.js';
import type { TokenFacts } from '../identity/verified-token.js';
import { Replicator } from '../replication/replicator.js';
import { CurrentUser } from '../request/current-identity.decorator.js';
import { MemoryRevocationStore } from '../stores/memory/memory-revocation.store.js';
import { TokenIssuer } from '../tokens/token-issuer.js';
import { RevocationService } from './revocation-service.js';

const SECOND = 1_000;
const START = Date.UTC(2030, 0, 1);
const STARTED = START / SECOND;
const OWN = 'https://api.example';
const OTHER = 'https://other.example';
const TOKENS: NonNullable<PortcullisOptions['tokens']> = {
  audience: 'parcels',
  issuer: { url: OWN, lifetimeSeconds: 60 },
  maxLifetimeSeconds: 100,
  clockToleranceSeconds: 5,
};

@Controller()
class WhoAmIController {
  @RequireUser()
  @Get()
  whoAmI(@CurrentUser() { subject }: UserIdentity) {
    return subject;
  }
}

let now: number;
let store: MemoryRevocationStore;
let events: SecurityEvent[];
beforeEach(() => {
  now = START;
  store = new MemoryRevocationStore();
  events = [];
});

function serviceWith(tokens: PortcullisOptions['tokens'] = TOKENS): RevocationService {
  const stores = memoryStores({ revocations: store });
  const stream = new SecurityEvents();
  stream.subscribe((event) => events.push(event));
  const options = resolveOptions({ ...(tokens && { tokens }), now: () => now }, stores);
  return new RevocationService(options, stream, new Replicator(options, stream, CHANGES));
}

/** What a token says, with these facts in place of the usual ones. */
const token = (facts: Partial<TokenFacts> = {}): TokenFacts => ({
  issuer: OWN,
  tokenId: 't1',
  sessionId: 's1',
  subject: 'ann',
  clientId: 'web',
  issuedAt: STARTED,
  ...facts,
});

describe('revoking a token', () => {
  it('holds from the moment the promise resolves, and for this token only', async () => {
    const service = serviceWith();
    const revocation = await service.revokeToken('t1', { reason: 'stolen' });
    expect(revocation).toMatchObject({ type: 'token', issuer: OWN, tokenId: 't1', revokedAt: START });
    expect(service.isRevoked(token())).toBe(true);
    expect(service.isRevoked(token({ tokenId: 't2' }))).toBe(false);
  });

  it("is of this app's own issuer, or of the one that is named", async () => {
    const service = serviceWith();
    await service.revokeToken('t1', { reason: 'stolen', issuer: OTHER });
    expect(service.isRevoked(token())).toBe(false);
    expect(service.isRevoked(token({ issuer: OTHER }))).toBe(true);
  });

  it('is emitted with its actor', async () => {
    await serviceWith().revokeToken('t1', { reason: 'stolen', actor: 'eve' });
    const revocation = expect.objectContaining({
      type: 'token',
      issuer: OWN,
      tokenId: 't1',
      reason: 'stolen',
    });
    expect(events).toEqual([{ type: 'tokens.revoked', revocation, actor: 'eve' }]);
  });
});

describe('revoking a user', () => {
  it('refuses what was issued up to this second, and lets in what is issued later', async () => {
    now = START + 499;
    const service = serviceWith();
    await service.revokeUser('ann', { reason: 'left' });
    expect(service.isRevoked(token({ issuedAt: STARTED - 50 }))).toBe(true);
    expect(service.isRevoked(token({ issuedAt: STARTED }))).toBe(true);
    expect(service.isRevoked(token({ issuedAt: STARTED + 1 }))).toBe(false);
    expect(service.isRevoked(token({ subject: 'bob' }))).toBe(false);
    expect(service.isRevoked(token({ issuer: OTHER }))).toBe(false);
  });

  it('may be done again, for what was issued in the meantime', async () => {
    const service = serviceWith();
    await service.revokeUser('ann', { reason: 'left' });
    now += 10 * SECOND;
    await service.revokeUser('ann', { reason: 'left again' });
    expect(service.isRevoked(token({ issuedAt: STARTED + 10 }))).toBe(true);
  });

  it('covers what was issued before by a clock that is ahead, and expires accordingly', async () => {
    now = START + 600;
    const service = serviceWith();
    const { expiresAt } = await service.revokeUser('ann', { reason: 'left' });
    expect(service.isRevoked(token({ issuedAt: STARTED + 1 }))).toBe(true);
    expect(service.isRevoked(token({ issuedAt: STARTED + 2 }))).toBe(false);
    expect(expiresAt).toBe((STARTED + 1 + 100 + 2 * 5) * SECOND);
  });

  it('has the next token of this user wait until it is over, so that each later call covers it', async () => {
    const service = serviceWith();
    await service.revokeUser('ann', { reason: 'left' });
    await service.revokeClient('cli', { reason: 'leaked' });
    expect(await service.issueTime(OWN, 'bob', 'web')).toBe(STARTED);
    let isIssued = false;
    const issuing = [service.issueTime(OWN, 'ann', 'web'), service.issueTime(OWN, 'bob', 'cli')];
    void Promise.race(issuing).then(() => {
      isIssued = true;
    });
    for (let time = 0; time < 20; time++) await service.revokeUser('ann', { reason: 'left' });
    now = START + 999;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(isIssued).toBe(false);
    now = START + 1_000;
    expect(await Promise.all(issuing)).toEqual([STARTED + 1, STARTED + 1]);
    await service.revokeUser('ann', { reason: 'left again' });
    expect(service.isRevoked(token({ issuedAt: STARTED + 1 }))).toBe(true);
  });

  it('lets nobody wait for ever where the clock stands still', async () => {
    const service = serviceWith();
    await service.revokeUser('ann', { reason: 'left' });
    const skipped = performance.now() + 6_000;
    jest.spyOn(performance, 'now').mockReturnValueOnce(0).mockReturnValue(skipped);
    await expect(service.issueTime(OWN, 'ann', 'web')).rejects.toMatchObject({
      code: 'temporarily_unavailable',
    });
    jest.restoreAllMocks();
  });

  it('works again at once for who logs in by the clock that goes on', async () => {
    const tokens = { ...TOKENS, clockToleranceSeconds: 0 };
    const imports = [PortcullisModule.forRoot({ tokens })];
    const module = await Test.createTestingModule({ imports, controllers: [WhoAmIController] }).compile();
    const app = await module.createNestApplication().init();
    const issue = () => app.get(TokenIssuer).issue({ subject: 'ann', clientId: 'web' });
    const answerTo = ({ accessToken }: { accessToken: string }) =>
      request(app.getHttpServer()).get('/').auth(accessToken, { type: 'bearer' });
    const before = await issue();
    await app.get(RevocationService).revokeUser('ann', { reason: 'left' });
    const answers = [await answerTo(before), await answerTo(await issue())];
    await app.close();
    expect(answers.map(({ status }) => status)).toEqual([401, 200]);
  });

  it('is emitted with its actor', async () => {
    await serviceWith().revokeUser('ann', { reason: 'left', actor: 'eve' });
    const revocation = expect.objectContaining({ type: 'user', issuer: OWN, subject: 'ann', reason: 'left' });
    expect(events).toEqual([{ type: 'tokens.revoked', revocation, actor: 'eve' }]);
  });
});

describe('revoking a session', () => {
  it('refuses its tokens, whenever they are issued, and no others', async () => {
    const service = serviceWith();
    const revocation = await service.revokeSession('s1', { reason: 'logged out' });
    expect(revocation).toMatchObject({ type: 'session', issuer: OWN, sessionId: 's1' });
    expect(service.isRevoked(token())).toBe(true);
    expect(service.isRevoked(token({ tokenId: 't2', issuedAt: STARTED + 50 }))).toBe(true);
    expect(service.isRevoked(token({ sessionId: 's2' }))).toBe(false);
    expect(service.isRevoked(token({ sessionId: undefined }))).toBe(false);
    expect(service.isRevoked(token({ issuer: OTHER }))).toBe(false);
  });
});

describe('revoking a client', () => {
  it('refuses what it was issued up to this second, for users and for itself', async () => {
    const service = serviceWith();
    const revocation = await service.revokeClient('web', { reason: 'leaked' });
    expect(revocation).toMatchObject({ type: 'client', issuer: OWN, clientId: 'web', issuedUntil: STARTED });
    expect(service.isRevoked(token())).toBe(true);
    expect(service.isRevoked(token({ subject: 'bob' }))).toBe(true);
    expect(service.isRevoked(token({ subject: 'web' }))).toBe(true);
    expect(service.isRevoked(token({ issuedAt: STARTED + 1 }))).toBe(false);
    expect(service.isRevoked(token({ clientId: 'app' }))).toBe(false);
    expect(service.isRevoked(token({ issuer: OTHER }))).toBe(false);
  });
});

describe("another issuer's clock", () => {
  it('may be ahead of ours: its tokens of now, dated later, are revoked as well', async () => {
    const service = serviceWith();
    await service.revokeUser('ann', { reason: 'left', issuer: OTHER });
    await service.revokeClient('cli', { reason: 'leaked', issuer: OTHER });
    for (const facts of [
      token({ issuer: OTHER }),
      token({ issuer: OTHER, subject: 'bob', clientId: 'cli' }),
    ]) {
      expect(service.isRevoked({ ...facts, issuedAt: STARTED + 5 })).toBe(true);
      expect(service.isRevoked({ ...facts, issuedAt: STARTED + 6 })).toBe(false);
    }
  });
});

describe('a revocation', () => {
  it('needs an issuer', async () => {
    const service = serviceWith({
      audience: 'parcels',
      trustedIssuers: [{ issuer: OTHER, jwksUri: `${OTHER}/jwks` }],
    });
    await expect(service.revokeToken('t1', { reason: 'stolen' })).rejects.toThrow(TypeError);
    await expect(service.revokeUser('ann', { reason: 'left' })).rejects.toThrow(TypeError);
    await expect(service.revokeUser('ann', { reason: 'left', issuer: OTHER })).resolves.toBeDefined();
  });

  it.each([
    [
      'no session',
      (service: RevocationService) => service.revokeSession(undefined as never, { reason: 'x' }),
    ],
    ['no reason', (service: RevocationService) => service.revokeUser('ann', {} as never)],
    ['a huge name', (service: RevocationService) => service.revokeToken('t'.repeat(10_001), { reason: 'x' })],
  ])('of %s is refused by itself, and fails no other', async (_, refused) => {
    const service = serviceWith();
    const outcomes = await Promise.allSettled([
      service.revokeToken('t1', { reason: 'stolen' }),
      refused(service),
      service.revokeToken('t2', { reason: 'stolen' }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((outcomes[1] as PromiseRejectedResult).reason).toBeInstanceOf(TypeError);
    expect(service.isRevoked(token())).toBe(true);
  });

  it('is read no further where a store gives the same page again and again', async () => {
    const service = serviceWith();
    const page = Array.from({ length: 1_000 }, (_, index) => ({ id: `r${index}` }));
    store.findSince = async () => page as never;
    await expect(service.onModuleInit()).rejects.toThrow('the same page again and again');
  });

  it('that the store does not take is none', async () => {
    const service = serviceWith();
    store.save = () => Promise.reject(new Error('store is down'));
    await expect(service.revokeToken('t1', { reason: 'stolen' })).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      reason: expect.stringContaining('store is down'),
    });
    expect(service.isRevoked(token())).toBe(false);
    expect(events).toEqual([]);
  });

  it('holds, and is emitted, where the store fails to forget old ones: that is logged', async () => {
    const logged = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    const service = serviceWith();
    store.forgetExpiredBefore = () => Promise.reject(new Error('store is down'));
    const revocation = await service.revokeToken('t1', { reason: 'stolen' });
    expect(service.isRevoked(token())).toBe(true);
    expect(events).toEqual([{ type: 'tokens.revoked', revocation }]);
    expect(logged).toHaveBeenCalledTimes(1);
    logged.mockRestore();
  });

  it('is loaded from the store at boot', async () => {
    const earlier = serviceWith();
    await earlier.revokeToken('t1', { reason: 'stolen' });
    await earlier.revokeSession('s3', { reason: 'logged out' });
    await earlier.revokeUser('bob', { reason: 'left' });
    await earlier.revokeClient('cli', { reason: 'leaked' });
    const revoked = [
      token(),
      token({ tokenId: 't2', sessionId: 's3' }),
      token({ tokenId: 't2', subject: 'bob' }),
      token({ tokenId: 't2', clientId: 'cli' }),
    ];

    const service = serviceWith();
    expect(revoked.map((facts) => service.isRevoked(facts))).toEqual([false, false, false, false]);
    await service.onModuleInit();
    expect(revoked.map((facts) => service.isRevoked(facts))).toEqual([true, true, true, true]);
    expect(service.isRevoked(token({ tokenId: 't2' }))).toBe(false);
  });

  it('is kept until the last token that it could match has expired', async () => {
    const { expiresAt } = await serviceWith().revokeToken('t1', { reason: 'stolen' });
    // Issued by a clock that is 5 s ahead, for 100 s, and accepted 5 s longer.
    expect(expiresAt).toBe(START + 110 * SECOND);
    now = expiresAt - 1;
    const service = serviceWith();
    await service.onModuleInit();
    expect(service.isRevoked(token())).toBe(true);

    now = expiresAt;
    const later = serviceWith();
    await later.onModuleInit();
    expect(later.isRevoked(token())).toBe(false);
  });

  it('is not forgotten here by a clock that is ahead for a while', async () => {
    const service = serviceWith();
    await service.revokeToken('t1', { reason: 'stolen' });
    now += 3_000 * SECOND;
    for (let other = 0; other < 100; other++)
      await service.revokeToken(`other ${other}`, { reason: 'stolen' });
    now -= 3_000 * SECOND;
    expect(service.isRevoked(token())).toBe(true);
  });

  it('is swept from the store by a later one, once it has expired', async () => {
    const service = serviceWith();
    const { expiresAt } = await service.revokeToken('t1', { reason: 'stolen' });
    now = expiresAt - 1;
    await service.revokeToken('t2', { reason: 'stolen' });

    const kept = async () =>
      (await store.findSince(0, 10)).map((each) => each.type === 'token' && each.tokenId);
    now = expiresAt + 60 * SECOND;
    await service.revokeToken('t3', { reason: 'stolen' });
    expect(await kept()).toEqual(['t1', 't2', 't3']);
    // Another instance's clock may be behind.
    now = expiresAt + 3_600 * SECOND;
    await service.revokeToken('t4', { reason: 'stolen' });
    expect(await kept()).toEqual(['t2', 't3', 't4']);
  });
});

describe('catching up', () => {
  it('reads once for all who come meanwhile, and anew for whoever comes during a reading', async () => {
    const other = serviceWith();
    const service = serviceWith();
    const begun: (() => void)[] = [];
    const find = jest.spyOn(store, 'findSince').mockImplementation(async (...query) => {
      const found = await MemoryRevocationStore.prototype.findSince.apply(store, query);
      await new Promise<void>((resolve) => begun.push(resolve));
      return found;
    });
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const early = Array.from({ length: 20 }, () => service.catchUp());
    await turn();
    await other.revokeToken('t1', { reason: 'stolen' });
    const late = Array.from({ length: 20 }, () => service.catchUp());
    begun.shift()?.();
    await Promise.all(early);
    expect(service.isRevoked(token())).toBe(false);
    await turn();
    begun.shift()?.();
    await Promise.all(late);
    expect(service.isRevoked(token())).toBe(true);
    expect(find).toHaveBeenCalledTimes(2);
  });
});
