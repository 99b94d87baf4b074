import { type SecurityEvent, SecurityEvents } from '../events/security-events.js';
import { UserIdentity } from '../identity/identity.js';
import { type PortcullisOptions, resolveOptions } from '../portcullis.options.js';
import { MemoryApiKeyStore } from '../stores/memory/memory-api-key.store.js';
import { MemoryBanStore } from '../stores/memory/memory-ban.store.js';
import { MemoryRevocationStore } from '../stores/memory/memory-revocation.store.js';
import { RevocationService } from './revocation.service.js';

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

let now: number;
let store: MemoryRevocationStore;
let events: SecurityEvent[];
beforeEach(() => {
  now = START;
  store = new MemoryRevocationStore();
  events = [];
});

function serviceWith(tokens: PortcullisOptions['tokens'] = TOKENS): RevocationService {
  const stores = { apiKeys: new MemoryApiKeyStore(), bans: new MemoryBanStore(), revocations: store };
  const stream = new SecurityEvents();
  stream.subscribe((event) => events.push(event));
  return new RevocationService(resolveOptions({ ...(tokens && { tokens }), now: () => now }, stores), stream);
}

function user(
  claims: { issuer?: string; subject?: string; tokenId?: string; issuedAt?: number } = {},
): UserIdentity {
  return new UserIdentity({
    issuer: OWN,
    subject: 'ann',
    clientId: 'web',
    tokenId: 't1',
    issuedAt: STARTED,
    expiresAt: STARTED + 60,
    scopes: [],
    claims: {},
    ...claims,
  });
}

describe('revoking a token', () => {
  it('holds from the moment the promise resolves, and for this token only', async () => {
    const service = serviceWith();
    const revocation = await service.revokeToken('t1', { reason: 'stolen' });
    expect(service.find(user())).toEqual(revocation);
    expect(service.find(user({ tokenId: 't2' }))).toBeUndefined();
  });

  it("is of this app's own issuer, or of the one that is named", async () => {
    const service = serviceWith();
    await service.revokeToken('t1', { reason: 'stolen', issuer: OTHER });
    expect(service.find(user())).toBeUndefined();
    expect(service.find(user({ issuer: OTHER }))).toMatchObject({ issuer: OTHER, tokenId: 't1' });
  });

  it('is told with its actor', async () => {
    await serviceWith().revokeToken('t1', { reason: 'stolen', actor: 'eve' });
    expect(events).toEqual([{ type: 'token.revoked', issuer: OWN, tokenId: 't1', actor: 'eve' }]);
  });
});

describe('revoking a user', () => {
  it('refuses what was issued up to this second, and lets in what is issued later', async () => {
    now = START + 999;
    const service = serviceWith();
    await service.revokeUser('ann', { reason: 'left' });
    expect(service.find(user({ issuedAt: STARTED - 50 }))).toBeDefined();
    expect(service.find(user({ issuedAt: STARTED }))).toBeDefined();
    expect(service.find(user({ issuedAt: STARTED + 1 }))).toBeUndefined();
    expect(service.find(user({ subject: 'bob' }))).toBeUndefined();
    expect(service.find(user({ issuer: OTHER }))).toBeUndefined();
  });

  it('may be done again, for what was issued in the meantime', async () => {
    const service = serviceWith();
    await service.revokeUser('ann', { reason: 'left' });
    now += 10 * SECOND;
    await service.revokeUser('ann', { reason: 'left again' });
    expect(service.find(user({ issuedAt: STARTED + 10 }))).toMatchObject({ reason: 'left again' });
  });

  it('says when the next token of this user can be issued', async () => {
    const service = serviceWith();
    await service.revokeUser('ann', { reason: 'left' });
    expect(service.nextIssuableAt(OWN, 'ann')).toBe(STARTED + 1);
    expect(service.nextIssuableAt(OWN, 'bob')).toBeLessThanOrEqual(0);
    expect(service.nextIssuableAt(OTHER, 'ann')).toBeLessThanOrEqual(0);
  });

  it('is told with its actor', async () => {
    await serviceWith().revokeUser('ann', { reason: 'left', actor: 'eve' });
    expect(events).toEqual([{ type: 'user.revoked', issuer: OWN, subject: 'ann', actor: 'eve' }]);
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

  it('that the store does not take is none', async () => {
    const service = serviceWith();
    store.save = () => Promise.reject(new Error('store is down'));
    await expect(service.revokeToken('t1', { reason: 'stolen' })).rejects.toThrow('store is down');
    expect(service.find(user())).toBeUndefined();
    expect(events).toEqual([]);
  });

  it('is loaded from the store at boot', async () => {
    const earlier = serviceWith();
    const token = await earlier.revokeToken('t1', { reason: 'stolen' });
    const subject = await earlier.revokeUser('bob', { reason: 'left' });

    const service = serviceWith();
    expect(service.find(user())).toBeUndefined();
    await service.onModuleInit();
    expect(service.find(user())).toEqual(token);
    expect(service.find(user({ subject: 'bob', tokenId: 't2' }))).toEqual(subject);
  });

  it('is kept until the last token that it could match has expired', async () => {
    const { expiresAt } = await serviceWith().revokeToken('t1', { reason: 'stolen' });
    // Issued by a clock that is 5 s ahead, for 100 s, and accepted 5 s longer.
    expect(expiresAt).toBe(START + 110 * SECOND);
    now = expiresAt - 1;
    const service = serviceWith();
    await service.onModuleInit();
    expect(service.find(user())).toBeDefined();
  });

  it('is swept from memory and store by a later one, once it has expired', async () => {
    const service = serviceWith();
    const { expiresAt } = await service.revokeToken('t1', { reason: 'stolen' });
    now = expiresAt - 1;
    await service.revokeToken('t2', { reason: 'stolen' });
    expect(service.find(user())).toBeDefined();

    now = expiresAt + 60 * SECOND;
    await service.revokeToken('t3', { reason: 'stolen' });
    expect(service.find(user())).toBeUndefined();
    expect((await store.findActive(0)).map((kept) => kept.type === 'token' && kept.tokenId)).toEqual([
      't2',
      't3',
    ]);
  });
});
