import { setImmediate } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import { UserIdentity } from '../identity/identity.js';
import { Replicator } from '../replication/replicator.js';
import { RevocationService } from '../revocation/revocation-service.js';
import { MemorySessionStore } from '../stores/memory/memory-session.store.js';
import { TokenVerifier } from '../tokens/token-verifier.js';
import { hashOf, RefreshTokenCodec } from './refresh-token-codec.js';
import type { SessionRecord } from './session.store.js';
import { SessionRefreshing } from './session-refreshing.js';
import { ADA, SessionInstance } from './session-service.spec-support.js';
import type { SessionTokens } from './session-tokens.js';

let store: MemorySessionStore;
let app: SessionInstance;
beforeEach(async () => {
  store = new MemorySessionStore();
  app = await SessionInstance.start({ stores: { sessions: store } });
});
afterEach(() => app.close());

const REFUSED = 'invalid_refresh_token';
const again = async (tokens: SessionTokens, details: object = {}) => {
  const next = await app.refresh(tokens.refreshToken, details);
  if (typeof next === 'string') throw new Error(next);
  return next;
};

describe('a session', () => {
  it('signs how its user has logged in, and what it is called', async () => {
    const tokens = await app.login({
      acr: 'high',
      amr: ['pwd', 'otp'],
      user: { ...ADA, claims: { tenant: 't' } },
    });
    const { identity } = await app.get(TokenVerifier).verify(tokens.accessToken);
    const { claims, scopes } = identity as UserIdentity;
    const session = await store.find(tokens.sessionId);
    expect(claims).toMatchObject({
      ...{ sid: tokens.sessionId, acr: 'high', amr: ['pwd', 'otp'], client_id: 'web', tenant: 't' },
      auth_time: Math.floor((session?.authTime ?? 0) / 1000),
    });
    expect(scopes).toEqual(ADA.scopes);
  });

  it('does not let the claims of a user say how they have logged in', async () => {
    for (const name of ['sid', 'acr', 'amr', 'auth_time'])
      await expect(app.login({ user: { ...ADA, claims: { [name]: 'x' } } })).rejects.toThrow(TypeError);
  });

  it('leaves nothing in the store of which a token could be made', async () => {
    const { refreshToken, sessionId } = await app.login();
    const { secret } = app.get(RefreshTokenCodec).read(refreshToken) ?? { secret: '' };
    const kept = await store.find(sessionId);
    expect(kept?.secretHash).toBe(hashOf(secret));
    expect(JSON.stringify(kept)).not.toContain(secret);
  });

  it('is refused by the store alone and by the key alone', async () => {
    const { sessionId } = await app.login();
    const codec = app.get(RefreshTokenCodec);
    const forged = codec.write({ ...codec.begin(), sessionId });
    expect(await app.refresh(forged)).toBe(REFUSED);
    expect((await store.find(sessionId))?.endedAt).toBeNull();
  });
});

describe('refreshing', () => {
  it('gives new tokens, of the same session', async () => {
    const first = await app.login();
    const second = await again(first, { address: '192.0.2.9' });
    expect(second.sessionId).toBe(first.sessionId);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(second.accessToken).not.toBe(first.accessToken);
    expect(await app.takes(second)).toBe(true);
    expect((await store.find(first.sessionId))?.lastUsedFrom).toBe('192.0.2.9');
  });

  it('gives all who come at once, and the predecessor within grace, the same successor', async () => {
    app.stopClock();
    const first = await app.login();
    const many = await Promise.all(Array.from({ length: 50 }, () => again(first)));
    app.ahead = 9;
    many.push(await again(first));
    expect(new Set(many.map(({ refreshToken }) => refreshToken)).size).toBe(1);
    expect((await store.find(first.sessionId))?.generation).toBe(1);
    expect(await Promise.all(many.map((tokens) => app.takes(tokens)))).not.toContain(false);
    expect(app.typesOfEvents()).toEqual(['session.started']);
  });

  it.each<[string, number, number]>([
    ['the predecessor after grace', 1, 11],
    ['a token of two generations back, within grace', 2, 1],
  ])('ends the family of %s, and no other session', async (_, generations, seconds) => {
    const [first, other] = [await app.login(), await app.login()];
    let newest = first;
    for (let index = 0; index < generations; index++) newest = await again(newest);
    app.ahead = seconds;
    const [bystander] = [await app.refresh(other.refreshToken)];
    expect(await app.refresh(first.refreshToken, { address: '203.0.113.9' })).toBe(REFUSED);
    expect(await app.refresh(newest.refreshToken)).toBe(REFUSED);
    expect(await app.takes(newest)).toBe(false);
    expect(await app.takes(bystander as SessionTokens)).toBe(true);
    expect(app.events).toContainEqual({
      ...{ type: 'session.reused', sessionId: first.sessionId, subject: 'ada', clientId: 'web' },
      address: '203.0.113.9',
    });
    expect(app.typesOfEvents().filter((type) => type === 'session.ended')).toHaveLength(1);
  });

  it('refuses another key than the one that it is bound to, and leaves the family alone', async () => {
    const [own, other] = [{ jkt: 'a'.repeat(43) }, { jkt: 'b'.repeat(43) }];
    const bound = await app.login({ binding: own });
    for (const binding of [undefined, null, other, { 'x5t#S256': own.jkt }])
      expect(await app.refresh(bound.refreshToken, { binding })).toBe(REFUSED);
    const next = await again(bound, { binding: own });
    app.ahead = 60;
    expect(await app.refresh(bound.refreshToken, { binding: other })).toBe(REFUSED);
    expect((await again(next, { binding: own })).tokenType).toBe('DPoP');
    expect(await app.refresh((await app.login()).refreshToken, { binding: own })).toBe(REFUSED);
  });

  it("refuses another client's", async () => {
    const tokens = await app.login();
    expect(await app.refresh(tokens.refreshToken, { clientId: 'cli' })).toBe(REFUSED);
    expect(typeof (await app.refresh(tokens.refreshToken, { clientId: 'web' }))).toBe('object');
  });

  it('asks what the user may do now, and never gives more than at login', async () => {
    const scopesOf = async (tokens: SessionTokens) =>
      (await app.get(TokenVerifier).verify(tokens.accessToken)).identity.scopes;
    const narrow = await app.login({ scopes: ['parcels:read', 'bans:admin'] });
    expect(await scopesOf(narrow)).toEqual(['parcels:read']);
    const first = await app.login();
    app.users.set('ada', { subject: 'ada', scopes: ['parcels:read', 'bans:admin'] });
    expect(await scopesOf(await again(first))).toEqual(['parcels:read']);
    app.users.set('ada', { subject: 'ada', scopes: ['parcels:*', 'bans:admin'] });
    expect(await scopesOf(await again(narrow))).toEqual(['parcels:read']);
  });

  it.each([
    ['is gone', undefined],
    ['is disabled', { ...ADA, isDisabled: true }],
    ['has become somebody else', { ...ADA, subject: 'bob' }],
  ])('ends all sessions of a user who %s', async (_, user) => {
    const [tokens, elsewhere] = [await app.login(), await app.login()];
    if (user === undefined) app.users.delete('ada');
    else app.users.set('ada', user);
    expect(await app.refresh(tokens.refreshToken)).toBe(REFUSED);
    app.users.set('ada', ADA);
    for (const each of [tokens, elsewhere]) {
      expect(await app.takes(each)).toBe(false);
      expect(await app.refresh(each.refreshToken)).toBe(REFUSED);
    }
  });

  it('gives no access token that outlives the session as it is then', async () => {
    app.stopClock();
    const first = await app.login({ lifetimeSeconds: 1_000, idleSeconds: 600 });
    expect([599, 600]).toContain(first.expiresInSeconds);
    app.ahead = 500;
    const second = await app.sessions.refresh(first.refreshToken, { idleSeconds: 400 });
    expect([399, 400]).toContain(second.expiresInSeconds);
    app.ahead = 850;
    const last = await again(second);
    expect([149, 150]).toContain(last.expiresInSeconds);
    app.ahead = 999.5;
    expect((await again(last)).expiresInSeconds).toBe(1);
  });

  it('goes on until it was idle for too long, or for its whole life', async () => {
    const [idle, used] = [await app.login(), await app.login()];
    let newest = used;
    const day = 86_400;
    for (const days of [13, 26, 29]) {
      app.ahead = days * day;
      newest = await again(newest);
    }
    expect(await app.get(SessionRefreshing).recognise(idle.refreshToken)).toBeUndefined();
    expect(await app.refresh(idle.refreshToken)).toBe(REFUSED);
    expect(newest.refreshExpiresInSeconds).toBeLessThanOrEqual(day);
    app.ahead = 30 * day + 1;
    expect(await app.refresh(newest.refreshToken)).toBe(REFUSED);
    expect(app.typesOfEvents()).toEqual(['session.started', 'session.started']);
  });

  it('is bounded for each session', async () => {
    await app.close();
    app = await SessionInstance.start({ sessions: { refreshesPerMinute: 3 } });
    app.stopClock();
    const [tokens, other] = [await app.login(), await app.login()];
    const codes = [];
    for (let index = 0; index < 4; index++) codes.push(await app.refresh(tokens.refreshToken));
    expect(codes.map((code) => typeof code)).toEqual(['object', 'object', 'object', 'string']);
    expect(codes[3]).toBe('rate_limit_exceeded');
    expect(typeof (await app.refresh(other.refreshToken))).toBe('object');
    app.ahead = 59;
    const tooEarly = app.sessions.refresh((codes[2] as SessionTokens).refreshToken);
    await expect(tooEarly).rejects.toMatchObject({ retryAfterSeconds: 1 });
    app.ahead = 60;
    expect(typeof (await app.refresh((codes[2] as SessionTokens).refreshToken))).toBe('object');
  });

  it('waits until it is known again what the others have ended', async () => {
    const tokens = await app.login();
    const asking = jest.spyOn(app.get(Replicator), 'refuseIfStale').mockImplementation(() => {
      throw new PortcullisError(TEMPORARILY_UNAVAILABLE, 'this instance is cut off');
    });
    expect(await app.refresh(tokens.refreshToken)).toBe('temporarily_unavailable');
    expect((await store.find(tokens.sessionId))?.generation).toBe(0);
    asking.mockRestore();
    expect(await app.takes(await again(tokens))).toBe(true);
  });

  it('is refused, and uses nothing up, where its user is revoked meanwhile, though its row can not be ended yet', async () => {
    const tokens = await app.login();
    const get = app.users.get.bind(app.users);
    store.end = () => Promise.reject(new Error('the store is away'));
    app.users.get = (subject) => {
      const revoking = app.get(RevocationService).revokeUser(subject, { reason: 'stolen' });
      return revoking.catch(() => {}).then(() => get(subject)) as never;
    };
    expect(await app.refresh(tokens.refreshToken)).toBe(REFUSED);
    expect((await store.find(tokens.sessionId))?.generation).toBe(0);
  });

  it('has ended the family by the time that whoever comes with a used token is refused', async () => {
    const [first, end] = [await app.login(), store.end.bind(store)];
    await again(await again(first));
    store.end = async (...which) => {
      await setImmediate();
      return end(...which);
    };
    expect(await app.refresh(first.refreshToken)).toBe(REFUSED);
    expect((await store.find(first.sessionId))?.endedAt).not.toBeNull();
  });

  it('does not take an outage for the end of a session', async () => {
    const tokens = await app.login();
    const away = () => Promise.reject(new Error('away'));
    for (const method of ['find', 'rotate'] as const) {
      const { [method]: original } = store;
      Object.assign(store, { [method]: away });
      expect(await app.refresh(tokens.refreshToken)).toBe('temporarily_unavailable');
      Object.assign(store, { [method]: original });
    }
    app.users.get = () => {
      throw new Error('away');
    };
    expect(await app.refresh(tokens.refreshToken)).toBe('temporarily_unavailable');
    expect((await store.find(tokens.sessionId))?.generation).toBe(0);
  });

  it('works again where the answer was lost after the update', async () => {
    const tokens = await app.login();
    const rotate = store.rotate.bind(store);
    store.rotate = async (...use) => {
      await rotate(...use);
      throw new Error('the connection was lost');
    };
    expect(await app.refresh(tokens.refreshToken)).toBe('temporarily_unavailable');
    store.rotate = rotate;
    expect(await app.takes(await again(await again(tokens)))).toBe(true);
  });
});

describe('ending', () => {
  it('refuses both tokens from then on, and is remembered for one token’s lifetime', async () => {
    const [tokens, other] = [await app.login(), await app.login()];
    expect(await app.sessions.end(tokens.sessionId, { reason: 'logged out', actor: 'ada' })).toBe(true);
    expect(await app.sessions.end(tokens.sessionId, { reason: 'again' })).toBe(false);
    expect([await app.takes(tokens), await app.takes(other)]).toEqual([false, true]);
    expect(await app.refresh(tokens.refreshToken)).toBe(REFUSED);
    const revocations = app.events.filter((event) => event.type === 'tokens.revoked');
    expect(revocations).toHaveLength(1);
    const [{ revocation } = { revocation: { expiresAt: 0, revokedAt: 0 } }] = revocations;
    expect(revocation.expiresAt - revocation.revokedAt).toBeLessThanOrEqual(86_410_000);
    expect(app.events).toContainEqual({
      ...{ type: 'session.ended', sessionId: tokens.sessionId, subject: 'ada', clientId: 'web' },
      ...{ reason: 'logged out', actor: 'ada' },
    });
  });

  it('of a token ends no session but that of whom it names, and has the token refused in any case', async () => {
    const tokens = await app.login();
    const named = (issuer: string, subject: string, id = tokens.sessionId) => ({ id, issuer, subject });
    const out = (...session: Parameters<typeof named>) =>
      app.sessions.logOut(named(...session), { reason: 'logged out' });
    await out('https://other.example', 'ada');
    expect(await app.takes(await again(tokens))).toBe(true);
    const revocations = app.get(RevocationService);
    const refused = (issuer: string, sessionId: string) =>
      revocations.isRevoked({
        issuer,
        sessionId,
        tokenId: '',
        subject: '',
        clientId: '',
        issuedAt: Infinity,
      });
    expect(refused('https://other.example', tokens.sessionId)).toBe(true);
    await out('https://api.example', 'ada', 'of no row');
    expect(refused('https://api.example', 'of no row')).toBe(true);
    await out('https://api.example', 'ada');
    expect([await app.takes(tokens), await app.refresh(tokens.refreshToken)]).toEqual([false, REFUSED]);
  });

  it('ends all of a user but one, and lets them log in at once', async () => {
    const [kept, ...others] = [await app.login(), await app.login(), await app.login()];
    const bob = await app.login({ user: { subject: 'bob', scopes: [] } });
    expect(await app.sessions.endAllOf('ada', { except: kept.sessionId, reason: 'new password' })).toBe(2);
    for (const tokens of others) expect(await app.takes(tokens)).toBe(false);
    for (const tokens of [kept, bob, await app.login()]) expect(await app.takes(tokens)).toBe(true);
    expect(await app.sessions.endAllOf('ada', { reason: 'everywhere' })).toBe(2);
    const anew = await app.login();
    expect([await app.takes(kept), await app.takes(anew)]).toEqual([false, true]);
    expect(await app.takes(await again(anew))).toBe(true);
  });

  it.each<[string, (service: RevocationService, tokens: SessionTokens) => Promise<unknown>]>([
    ['user', (service) => service.revokeUser('ada', { reason: 'left' })],
    ['client', (service) => service.revokeClient('web', { reason: 'leaked' })],
    ['session', (service, { sessionId }) => service.revokeSession(sessionId, { reason: 'by an admin' })],
  ])('comes with the revocation of the %s', async (_, revoke) => {
    const tokens = await app.login();
    await revoke(app.get(RevocationService), tokens);
    expect((await store.find(tokens.sessionId))?.endedAt).not.toBeNull();
    expect([await app.takes(tokens), await app.refresh(tokens.refreshToken)]).toEqual([false, REFUSED]);
    const anew = await app.login();
    expect([await app.takes(anew), await app.takes(await again(anew))]).toEqual([true, true]);
  });

  it('lets nothing of an issuer go on that is revoked as a whole, however late', async () => {
    const tokens = await app.login();
    await app.get(RevocationService).revokeAll({ reason: 'a backup was brought back' });
    app.ahead = 86_400 * 3;
    expect(await app.refresh(tokens.refreshToken)).toBe(REFUSED);
    expect(await app.takes(await again(await app.login()))).toBe(true);
  });

  it('leaves nothing that works of a refresh that is under way', async () => {
    for (const method of ['rotate', 'find'] as const) {
      const tokens = await app.login();
      const original = store[method].bind(store) as (...parameters: unknown[]) => Promise<unknown>;
      let calls = 0;
      Object.assign(store, {
        [method]: async (...parameters: unknown[]) => {
          const answer = await original(...parameters);
          if (calls++ === 0) await app.sessions.end(tokens.sessionId, { reason: 'logged out' });
          return answer;
        },
      });
      const outcome = await app.refresh(tokens.refreshToken);
      Object.assign(store, { [method]: original });
      if (typeof outcome === 'object') {
        expect(await app.takes(outcome)).toBe(false);
        expect(await app.refresh(outcome.refreshToken)).toBe(REFUSED);
      } else expect(outcome).toBe(REFUSED);
    }
  });

  it('refuses what another instance has ended while it was refreshed here, though nothing of that is heard yet', async () => {
    for (const isNewest of [true, false]) {
      const tokens = await app.login();
      if (!isNewest) await again(tokens);
      const find = store.find.bind(store);
      store.find = async (id) => {
        store.find = find;
        const session = await find(id);
        await store.end({ id }, Date.now(), 'elsewhere');
        return session;
      };
      expect(await app.refresh(tokens.refreshToken)).toBe(REFUSED);
    }
  });

  it('of a user takes along what was used lately, and leaves what begins later', async () => {
    const { sessionId } = await app.login();
    const used = (await store.find(sessionId)) as SessionRecord;
    await store.insert({ ...used, id: 'later', createdAt: Date.now() + 10_000 });
    await app.get(RevocationService).revokeUser('ada', { reason: 'left' });
    expect((await store.find('later'))?.endedAt).toBeNull();
    const revoked = app.events.flatMap((event) =>
      event.type === 'tokens.revoked' ? [event.revocation] : [],
    );
    expect(revoked).toContainEqual(expect.objectContaining({ type: 'session', sessionId }));
  });

  it('revokes the tokens as soon as that can be done, where it failed at first', async () => {
    const tokens = await app.login();
    const service = app.get(RevocationService);
    const original = service.revokeSession.bind(service);
    service.revokeSession = async () => {
      throw new Error('away');
    };
    await expect(app.sessions.end(tokens.sessionId, { reason: 'x' })).rejects.toMatchObject({
      code: 'temporarily_unavailable',
    });
    service.revokeSession = original;
    // As by another process, which does not know what this one owes.
    await app.sessions.end(tokens.sessionId, { reason: 'again' });
    expect(await app.takes(tokens)).toBe(false);
  });
});

describe('the sessions of a user', () => {
  it('are listed without anything that opens them, newest first', async () => {
    const first = await app.login({ device: 'phone', address: '192.0.2.1' });
    app.ahead = 5;
    const second = await app.login({ device: 'laptop' });
    const { sessions } = await app.sessions.list({ subject: 'ada' });
    expect(sessions.map(({ id }) => id)).toEqual([second.sessionId, first.sessionId]);
    expect(Object.keys(sessions[0] ?? {})).not.toEqual(expect.arrayContaining(['secretHash']));
    await app.sessions.end(first.sessionId, { reason: 'x' });
    const page = await app.sessions.list({ subject: 'ada', limit: 1 });
    expect(page.sessions.map(({ device }) => device)).toEqual(['laptop']);
  });

  it('are so many at most: the oldest ends, and that is told', async () => {
    await app.close();
    app = await SessionInstance.start({ sessions: { maxPerUser: 3 } });
    const all: SessionTokens[] = [];
    for (let index = 0; index < 5; index++) {
      app.ahead = index;
      all.push(await app.login());
    }
    expect(await Promise.all(all.map((tokens) => app.takes(tokens)))).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
    const ended = app.events.filter((event) => event.type === 'session.ended');
    expect(ended.map(({ sessionId, reason }) => [sessionId, reason])).toEqual(
      all.slice(0, 2).map(({ sessionId }) => [sessionId, 'too many sessions']),
    );
  });

  it('say whether a device is new: by its name and its network', async () => {
    await app.login({ device: 'phone', address: '192.0.2.1' });
    await app.login({ device: 'phone', address: '192.0.2.1' });
    await app.login({ device: 'phone', address: '203.0.113.1' });
    await app.login({ device: 'laptop', address: '192.0.2.1' });
    const started = app.events.filter((event) => event.type === 'session.started');
    expect(started.map((event) => event.isNewDevice)).toEqual([true, false, true, true]);
    const { length } = app.events;
    const login = { device: 'tablet', address: '192.0.2.1' };
    await Promise.all(Array.from({ length: 10 }, () => app.login(login)));
    const atOnce = app.events.slice(length).filter((event) => event.type === 'session.started');
    expect(atOnce.filter((event) => event.isNewDevice)).toHaveLength(1);
  });

  it('are of a new device where the first one begins, also if another is kept before it', async () => {
    const insert = store.insert.bind(store);
    let goOn = () => {};
    const isHeld = new Promise<void>((held) => {
      store.insert = async (session) => {
        store.insert = insert;
        held();
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        return insert(session);
      };
    });
    const login = { device: 'phone', address: '192.0.2.1' };
    const first = app.login(login);
    await isHeld;
    const { sessionId: later } = await app.login(login);
    goOn();
    const { sessionId } = await first;
    const started = app.events.filter((event) => event.type === 'session.started');
    expect(started.map((event) => [event.sessionId, event.isNewDevice])).toEqual([
      [later, false],
      [sessionId, true],
    ]);
  });

  it('stay as many where many begin at once', async () => {
    await app.close();
    app = await SessionInstance.start({ sessions: { maxPerUser: 3 } });
    const all = await Promise.all(Array.from({ length: 20 }, () => app.login()));
    const { sessions } = await app.sessions.list({ subject: 'ada' });
    expect(sessions).toHaveLength(3);
    expect((await Promise.all(all.map((tokens) => app.takes(tokens)))).filter((taken) => taken)).toHaveLength(
      3,
    );
    expect(app.typesOfEvents().filter((type) => type === 'session.ended')).toHaveLength(17);
  });

  it('keep no address longer than the audit log keeps its own', async () => {
    await app.close();
    const stores = { sessions: new MemorySessionStore() };
    app = await SessionInstance.start({ stores, audit: { retentionDays: 7 } });
    const address = '192.0.2.1';
    const [unused, used] = [await app.login({ address }), await app.login({ address })];
    app.ahead = 86_400 * 6;
    await app.sessions.refresh(used.refreshToken, { address });
    app.ahead = 86_400 * 7 + 1;
    await app.login();
    await setImmediate();
    const kept = [unused, used].map(({ sessionId }) => stores.sessions.find(sessionId));
    expect((await Promise.all(kept)).map((session) => session?.lastUsedFrom)).toEqual([null, address]);
  });

  it('are forgotten when they are over', async () => {
    const { sessionId } = await app.login();
    app.ahead = 86_400 * 15;
    await app.login();
    expect(await store.find(sessionId)).toBeUndefined();
  });
});
