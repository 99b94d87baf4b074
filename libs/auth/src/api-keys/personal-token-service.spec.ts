import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { PortcullisError } from '../errors.js';
import type { SecurityEvent } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { UserIdentity, type UserIdentityInit } from '../identity/identity.js';
import { Replicator } from '../replication/replicator.js';
import { RevocationService } from '../revocation/revocation-service.js';
import { MemoryApiKeyStore } from '../stores/memory/memory-api-key.store.js';
import { MemoryRevocationStore } from '../stores/memory/memory-revocation.store.js';
import { ApiKeyService } from './api-key-service.js';
import { ApiKeyVerifier } from './api-key-verifier.js';
import { LegacyAdoption } from './legacy-adoption.js';
import { type NewPersonalToken, PersonalTokenService } from './personal-token-service.js';

const SECOND = 1_000;
const DAY = 86_400 * SECOND;
const START = Date.UTC(2030, 0, 1);
const OWN = 'https://api.example';
const OTHER = 'https://other.example';
const ADDRESS = { address: '192.0.2.1' };

/** Somebody who has logged in. */
const user = (facts: Partial<UserIdentityInit> = {}) =>
  new UserIdentity({
    issuer: OWN,
    subject: 'ann',
    clientId: 'web',
    tokenId: 't1',
    issuedAt: START / SECOND,
    expiresAt: START / SECOND + 300,
    scopes: ['parcels:*', 'scans:write'],
    claims: {},
    ...facts,
  });
const SCRIPT: NewPersonalToken = { name: 'script', scopes: ['parcels:read'] };

/** Inserts and revokes so many turns of the microtask queue later, and sees them done somewhere in between. */
class SlowStore extends MemoryApiKeyStore {
  turns = { before: 0, after: 0 };

  override async insert(...record: Parameters<MemoryApiKeyStore['insert']>): Promise<void> {
    const { before, after } = this.turns;
    for (let turn = 0; turn < before; turn++) await undefined;
    await super.insert(...record);
    for (let turn = 0; turn < after; turn++) await undefined;
  }
}

let now: number;
let store: SlowStore;
/** What all instances share. */
let elsewhere: MemoryRevocationStore;
let events: SecurityEvent[];
let verifier: ApiKeyVerifier;
let apiKeys: ApiKeyService;
let revocations: RevocationService;
let tokens: PersonalTokenService;
beforeEach(() => {
  now = START;
  store = new SlowStore();
  elsewhere = new MemoryRevocationStore();
  start();
});

function start(personalTokens: NonNullable<PortcullisOptions['apiKeys']>['personalTokens'] = {}): void {
  const stores = memoryStores({ apiKeys: store, revocations: elsewhere });
  const tokenOptions = { audience: 'parcels', issuer: { url: OWN } };
  const options = resolveOptions(
    { tokens: tokenOptions, apiKeys: { personalTokens }, now: () => now },
    stores,
  );
  const stream = new SecurityEvents();
  events = [];
  stream.subscribe((event) => events.push(event));
  verifier = new ApiKeyVerifier(
    options,
    new LegacyAdoption(options, stream),
    new Replicator(options, stream, CHANGES),
  );
  apiKeys = new ApiKeyService(options, stream, verifier, new Replicator(options, stream, CHANGES));
  revocations = new RevocationService(options, stream, new Replicator(options, stream, CHANGES));
  tokens = new PersonalTokenService(options, { demand: async () => {} }, apiKeys, revocations);
}

const refusal = (key: string) =>
  Promise.resolve()
    .then(() => verifier.verify(key))
    .then(
      () => undefined,
      (error: PortcullisError) => error,
    );
const namesOf = async (of: UserIdentity) => (await tokens.list(of)).keys.map(({ name }) => name);

describe('making a token', () => {
  it('proves the user, with these scopes and no more', async () => {
    const { key, id } = await tokens.create(user({ tenant: 'north' }), SCRIPT, ADDRESS);
    const { identity } = await verifier.verify(key, 'token');
    expect(identity).toBeInstanceOf(UserIdentity);
    expect(identity).toMatchObject({ issuer: OWN, subject: 'ann', keyId: id, tenant: 'north', claims: {} });
    expect(identity).toMatchObject({ scopes: ['parcels:read'], expiresAt: (START + 30 * DAY) / SECOND });
    expect(identity).toMatchObject({ clientId: undefined, tokenId: undefined });
  });

  it('is emitted with its user as the one who did it', async () => {
    const { id } = await tokens.create(user(), SCRIPT, ADDRESS);
    expect(events).toEqual([
      { type: 'api-key.created', keyId: id, subject: 'ann', actor: 'ann', ...ADDRESS },
    ]);
  });

  it.each([[['parcels:read']], [['parcels:*', 'scans:write']], [['parcels:labels:*']], [[]]])(
    'may have %j of what its user may',
    async (scopes) => {
      expect((await tokens.create(user(), { name: 'script', scopes })).scopes).toEqual(scopes);
    },
  );

  it.each([['scans:*'], ['parcels'], ['admin:keys'], ['parcels:read', 'reports:read']])(
    'can not have %s',
    async (...scopes) => {
      const made = tokens.create(user(), { name: 'script', scopes });
      await expect(made).rejects.toMatchObject({ code: 'ungrantable_scope' });
      expect(await namesOf(user())).toEqual([]);
    },
  );

  it('lasts as long as is asked for, up to the longest', async () => {
    start({ lifetimeSeconds: 60, maxLifetimeSeconds: 100 });
    const lasting = async (more: object) => (await tokens.create(user(), { ...SCRIPT, ...more })).expiresAt;
    expect(await lasting({})).toBe(START + 60 * SECOND);
    expect(await lasting({ lifetimeSeconds: 100 })).toBe(START + 100 * SECOND);
    for (const lifetimeSeconds of [100.1, 0, -1, Number.NaN, Number.POSITIVE_INFINITY, 'never', null]) {
      await expect(lasting({ lifetimeSeconds })).rejects.toThrow(TypeError);
    }
  });

  it('can be held to networks', async () => {
    const { key } = await tokens.create(user(), { ...SCRIPT, networks: ['10.1.2.3/8'] });
    expect((await verifier.verify(key)).networks).toMatchObject([{ text: '10.0.0.0/8' }]);
  });

  it('takes nothing else from whoever asks, such as whose key it is', async () => {
    const body = {
      ...SCRIPT,
      appId: 'depot',
      issuer: OTHER,
      subject: 'eve',
      tenant: 'south',
      grantable: ['admin:*'],
      actor: 'root',
      owner: 'root',
      metadata: { role: 'admin' },
      notBefore: START - DAY,
      rateLimit: { requests: 1, windowSeconds: 1 },
    };
    const { key, id, ...token } = await tokens.create(user(), body);
    expect(token).toEqual({ ...(await apiKeys.find(id)), id: undefined });
    expect(token).toMatchObject({ issuer: OWN, subject: 'ann', tenant: null, owner: null, metadata: {} });
    expect(token).toMatchObject({ rateLimit: null, notBefore: START });
    expect(token).not.toHaveProperty('appId');
    expect((await verifier.verify(key)).identity.kind).toBe('user');
    expect(events).toMatchObject([{ actor: 'ann' }]);
  });

  it('is not for whoever sends a personal token', async () => {
    const { key } = await tokens.create(user(), SCRIPT);
    const { identity } = await verifier.verify(key);
    const made = tokens.create(identity as UserIdentity, SCRIPT);
    await expect(made).rejects.toMatchObject({ code: 'access_token_required' });
    expect(await namesOf(user())).toHaveLength(1);
  });
});

describe('how many tokens a user may have', () => {
  beforeEach(() => start({ maxPerUser: 2 }));

  it('is limited', async () => {
    await tokens.create(user(), SCRIPT);
    await tokens.create(user(), SCRIPT);
    await expect(tokens.create(user(), SCRIPT)).rejects.toMatchObject({ code: 'api_key_conflict' });
    expect(await namesOf(user())).toHaveLength(2);
  });

  it('counts those that work', async () => {
    const { id } = await tokens.create(user(), SCRIPT);
    await tokens.create(user(), { ...SCRIPT, lifetimeSeconds: 10 });
    await tokens.revoke(user(), id);
    now += 10 * SECOND;
    await tokens.create(user(), SCRIPT);
    await tokens.create(user(), SCRIPT);
    await expect(tokens.create(user(), SCRIPT)).rejects.toThrow(PortcullisError);
  });

  it('counts no namesake of another issuer, nobody else, and no app of that name', async () => {
    for (const other of [user({ issuer: OTHER }), user({ subject: 'bob' })]) {
      await tokens.create(other, SCRIPT);
      await tokens.create(other, SCRIPT);
    }
    await apiKeys.create({ appId: 'ann', name: 'app' });
    await tokens.create(user(), SCRIPT);
    await tokens.create(user(), SCRIPT);
  });
});

describe("a user's own tokens", () => {
  beforeEach(async () => {
    await tokens.create(user(), { ...SCRIPT, name: 'mine' });
    await tokens.create(user({ subject: 'bob' }), { ...SCRIPT, name: 'of bob' });
    await tokens.create(user({ issuer: OTHER }), { ...SCRIPT, name: 'of a namesake' });
    await apiKeys.create({ appId: 'ann', name: 'of an app' });
  });
  const idOf = async (name: string) => (await apiKeys.list()).keys.find((key) => key.name === name)!.id;

  it('are listed, and no others', async () => {
    expect(await namesOf(user())).toEqual(['mine']);
    expect(await namesOf(user({ issuer: OTHER }))).toEqual(['of a namesake']);
    expect(await namesOf(user({ subject: 'eve' }))).toEqual([]);
  });

  it('are listed page by page', async () => {
    now += 1;
    await tokens.create(user(), { ...SCRIPT, name: 'newer' });
    const { keys, nextCursor } = await tokens.list(user(), { limit: 1 });
    expect(keys).toMatchObject([{ name: 'newer' }]);
    expect((await tokens.list(user(), { cursor: nextCursor! })).keys).toMatchObject([{ name: 'mine' }]);
  });

  it('are listed, whatever else the page asks for', async () => {
    const page = { subject: 'bob', limit: 10 };
    expect((await tokens.list(user(), page)).keys.map(({ name }) => name)).toEqual(['mine']);
  });

  it('can be revoked, once, and that is emitted', async () => {
    const id = await idOf('mine');
    events.length = 0;
    expect(await tokens.revoke(user(), id, ADDRESS)).toBe(true);
    expect(await tokens.revoke(user(), id, ADDRESS)).toBe(false);
    expect(events).toEqual([
      { type: 'api-key.revoked', keyId: id, subject: 'ann', actor: 'ann', ...ADDRESS },
    ]);
  });

  it.each(['of bob', 'of a namesake', 'of an app', 'unknown'])(
    'can be revoked, but not one %s',
    async (name) => {
      const id = name === 'unknown' ? name : await idOf(name);
      expect(await tokens.revoke(user(), id)).toBe(false);
      expect((await apiKeys.find(id))?.revokedAt ?? null).toBeNull();
    },
  );

  it('can not be revoked by a personal token', async () => {
    const id = await idOf('mine');
    const revoked = tokens.revoke(user({ keyId: id }), id);
    await expect(revoked).rejects.toMatchObject({ code: 'access_token_required', keyId: id });
    expect((await apiKeys.find(id))?.revokedAt).toBeNull();
  });
});

describe('when its user is revoked, a token', () => {
  it('is dead as soon as that is done, and its end is emitted', async () => {
    const { key, id } = await tokens.create(user(), SCRIPT);
    await verifier.verify(key);
    events.length = 0;
    await revocations.revokeUser('ann', { reason: 'left', actor: 'root' });
    expect((await refusal(key))?.reason).toContain('revoked');
    expect(await apiKeys.find(id)).toMatchObject({ revokedAt: START, revokedReason: 'left' });
    expect(events.filter(({ type }) => type === 'api-key.revoked')).toEqual([
      { type: 'api-key.revoked', keyId: id, subject: 'ann', reason: 'left', actor: 'root' },
    ]);
  });

  it('of a namesake, of somebody else or of an app lives on', async () => {
    const others = [
      await tokens.create(user({ issuer: OTHER }), SCRIPT),
      await tokens.create(user({ subject: 'bob' }), SCRIPT),
      await apiKeys.create({ appId: 'ann', name: 'app' }),
    ];
    await revocations.revokeUser('ann', { reason: 'left' });
    for (const { key } of others) expect(await refusal(key)).toBeUndefined();
  });

  it('makes the revocation fail where it can not be ended', async () => {
    await tokens.create(user(), SCRIPT);
    store.revoke = () => Promise.reject(new Error('store is down'));
    await expect(revocations.revokeUser('ann', { reason: 'left' })).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      reason: expect.stringContaining('store is down'),
    });
  });

  it('is not made any more by who logged in before, but by who logs in again', async () => {
    await revocations.revokeUser('ann', { reason: 'left' });
    const made = tokens.create(user(), SCRIPT, ADDRESS);
    await expect(made).rejects.toMatchObject({ code: 'invalid_token', challenge: ['token'] });
    expect((await apiKeys.list({ state: 'active' })).keys).toEqual([]);
    now += SECOND;
    const again = user({ issuedAt: START / SECOND + 1 });
    expect(await refusal((await tokens.create(again, SCRIPT)).key)).toBeUndefined();
  });

  it('is dead even if another instance has revoked its user and that is not heard of here yet', async () => {
    const making = store.insert;
    store.insert = async (...record) => {
      // The other instance keeps the revocation and ends what there is, and only then this one is kept.
      await elsewhere.save([
        {
          ...{ id: 'r1', type: 'user', issuer: OWN, subject: 'ann', issuedUntil: START / SECOND },
          ...{ reason: 'left', revokedAt: now, expiresAt: now + DAY },
        },
      ]);
      await making.apply(store, record);
    };
    await expect(tokens.create(user(), SCRIPT)).rejects.toMatchObject({ code: 'invalid_token' });
    expect((await apiKeys.list({ state: 'active' })).keys).toEqual([]);
  });

  it('is not made where it can not be looked up whether its user was revoked', async () => {
    elsewhere.findSince = () => Promise.reject(new Error('store is down'));
    const made = tokens.create(user(), SCRIPT);
    await expect(made).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    expect((await apiKeys.list({ state: 'active' })).keys).toEqual([]);
  });

  it('is dead even if it was being made meanwhile, however their turns mix', async () => {
    const alive: unknown[] = [];
    let [refused, given] = [0, 0];
    for (let lead = 0; lead <= 40; lead++) {
      // A list in memory is made from all keys that there are.
      store = new SlowStore();
      start();
      for (const before of [0, 1, 2, 5, 13]) {
        for (const after of [0, 2, 13]) {
          const subject = `ann-${lead}-${before}-${after}`;
          store.turns = { before, after };
          const making = tokens.create(user({ subject }), SCRIPT);
          const settled = Promise.allSettled([making]);
          for (let turn = 0; turn < lead; turn++) await undefined;
          // It looks into the store at last, which takes longer than any number of these turns.
          if (lead > 35) await settled;
          await revocations.revokeUser(subject, { reason: 'left' });
          const [made] = await settled;
          if (made.status === 'rejected') refused++;
          else if ((await refusal(made.value.key)) === undefined) alive.push(subject);
          else given++;
          if ((await apiKeys.list({ subject, state: 'active' })).keys.length > 0)
            alive.push(`${subject}, kept`);
        }
      }
    }
    expect(alive).toEqual([]);
    // Both were met: made in time to be revoked with the others, and too late.
    expect([refused > 0, given > 0]).toEqual([true, true]);
  });
});

describe('a token never does more than its user may now', () => {
  let scopesNow: readonly string[] | undefined | Error;
  const asked: unknown[] = [];
  beforeEach(() => {
    scopesNow = ['parcels:*', 'scans:write'];
    asked.length = 0;
    start({
      scopesOf: async (of) => {
        asked.push(of);
        if (scopesNow instanceof Error) throw scopesNow;
        return scopesNow;
      },
    });
  });
  const CACHED = 30 * SECOND;
  const scopesOf = async (key: string) => (await verifier.verify(key)).identity.scopes;

  it('so its scopes shrink with theirs, and grow again, but never beyond its own', async () => {
    const { key } = await tokens.create(user(), { name: 'script', scopes: ['parcels:*', 'scans:write'] });
    expect(await scopesOf(key)).toEqual(['parcels:*', 'scans:write']);
    scopesNow = ['parcels:read', 'admin:*'];
    now += CACHED;
    expect(await scopesOf(key)).toEqual(['parcels:read']);
    scopesNow = [];
    now += CACHED;
    expect(await scopesOf(key)).toEqual([]);
    scopesNow = ['parcels:*', 'scans:*', 'admin:*'];
    now += CACHED;
    expect(await scopesOf(key)).toEqual(['parcels:*', 'scans:write']);
  });

  it('and they are asked for by issuer and subject, when it is not remembered', async () => {
    const { key } = await tokens.create(user(), SCRIPT);
    await verifier.verify(key);
    await verifier.verify(key);
    expect(asked).toEqual([{ issuer: OWN, subject: 'ann' }]);
  });

  it('and they are not asked for a key of an app, or a token that does not work', async () => {
    const app = await apiKeys.create({ appId: 'depot', name: 'app', scopes: ['admin:*'] });
    expect(await scopesOf(app.key)).toEqual(['admin:*']);
    const { key, id } = await tokens.create(user(), SCRIPT);
    await apiKeys.revoke(id);
    expect((await refusal(key))?.reason).toContain('revoked');
    expect(asked).toEqual([]);
  });

  it('so it is refused when its user is gone, like any other', async () => {
    const { key } = await tokens.create(user(), SCRIPT);
    scopesNow = undefined;
    const error = await refusal(key);
    expect(error).toMatchObject({ code: 'invalid_api_key', detail: expect.stringContaining('unknown') });
    expect(error?.reason).toContain('its user is gone');
    expect(await refusal(key)).toMatchObject({ reason: error?.reason });
    expect(asked).toHaveLength(1);
  });

  it('so it is unavailable while that is not known, and not a moment longer', async () => {
    const { key } = await tokens.create(user(), SCRIPT);
    scopesNow = new Error('directory is down');
    expect(await refusal(key)).toMatchObject({ code: 'temporarily_unavailable', retryAfterSeconds: 1 });
    scopesNow = ['parcels:*'];
    expect(await refusal(key)).toBeUndefined();
  });
});
