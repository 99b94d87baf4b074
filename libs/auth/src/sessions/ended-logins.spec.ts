import { RevocationService } from '../revocation/revocation-service.js';
import { MemoryRevocationStore } from '../stores/memory/memory-revocation.store.js';
import { MemorySessionStore } from '../stores/memory/memory-session.store.js';
import { SessionInstance } from './session-service.spec-support.js';

let store: MemorySessionStore;
let here: SessionInstance;
/** Of the same stores; neither hears of the other but by them. */
let elsewhere: SessionInstance;
beforeEach(async () => {
  store = new MemorySessionStore();
  const stores = { sessions: store, revocations: new MemoryRevocationStore() };
  here = await SessionInstance.start({ stores });
  elsewhere = await SessionInstance.start({ stores });
});
afterEach(() => Promise.all([here.close(), elsewhere.close()]));

const REFUSED = { code: 'invalid_token' };
const goingOn = async () => (await here.sessions.list({ subject: 'ada' })).sessions.length;

describe('a login whose password was looked at', () => {
  it.each<[string, (instance: SessionInstance) => Promise<unknown>]>([
    ['all sessions have ended', ({ sessions }) => sessions.endAllOf('ada', { reason: 'new password' })],
    [
      'the user was revoked',
      (instance) => instance.get(RevocationService).revokeUser('ada', { reason: 'x' }),
    ],
  ])('before %s, here or elsewhere, ends in no session', async (_, end) => {
    for (const instance of [here, elsewhere]) {
      const begunAt = performance.now();
      await end(instance);
      await expect(here.login({ begunAt })).rejects.toMatchObject(REFUSED);
      expect(await goingOn()).toBe(0);
      expect(await here.takes(await here.login())).toBe(true);
      await here.sessions.endAllOf('ada', { reason: 'the next round' });
    }
  });

  it('while the rows end, ends in none either', async () => {
    for (const when of ['before', 'after'] as const) {
      const begunAt = performance.now();
      const end = store.end.bind(store);
      let login: unknown;
      store.end = async (...which) => {
        store.end = end;
        if (when === 'before') login = await here.login({ begunAt }).catch(({ code }) => code);
        const ended = await end(...which);
        if (when === 'after') login = await here.login({ begunAt }).catch(({ code }) => code);
        return ended;
      };
      await elsewhere.sessions.endAllOf('ada', { reason: 'new password' });
      expect(login).toBe(REFUSED.code);
      expect(await goingOn()).toBe(0);
    }
  });

  it('while its row is kept, ends in none that goes on', async () => {
    const insert = store.insert.bind(store);
    store.insert = async (session) => {
      store.insert = insert;
      await insert(session);
      await elsewhere.sessions.endAllOf('ada', { reason: 'new password' });
    };
    await expect(here.login()).rejects.toMatchObject(REFUSED);
    expect(await goingOn()).toBe(0);
  });

  it('is none of the session in which the password was changed, nor of another user', async () => {
    const kept = await here.login();
    const begunAt = performance.now();
    await here.sessions.endAllOf('ada', { except: kept.sessionId, reason: 'new password' });
    expect(await here.takes(kept)).toBe(true);
    expect(typeof (await here.refresh(kept.refreshToken))).toBe('object');
    const bob = { subject: 'bob', scopes: [] };
    expect(await here.takes(await here.login({ user: bob, begunAt }))).toBe(true);
  });

  it('ends with them also where that can not be kept at first, and the rows do not wait for it', async () => {
    const tokens = await here.login();
    const begunAt = performance.now();
    const service = here.get(RevocationService);
    const revokeLogins = service.revokeLogins.bind(service);
    service.revokeLogins = async () => {
      throw new Error('away');
    };
    await expect(here.sessions.endAllOf('ada', { reason: 'new password' })).rejects.toMatchObject({
      code: 'temporarily_unavailable',
    });
    expect((await store.find(tokens.sessionId))?.endedAt).not.toBeNull();
    service.revokeLogins = revokeLogins;
    await here.sessions.endAllOf('ada', { reason: 'new password' });
    await expect(here.login({ begunAt })).rejects.toMatchObject(REFUSED);
  });

  it('is forgotten as an end after ten minutes, and tells nobody of revoked tokens', async () => {
    const begunAt = performance.now();
    await here.sessions.endAllOf('ada', { reason: 'nothing to end' });
    expect(here.events).toEqual([]);
    elsewhere.ahead = 601;
    expect(await elsewhere.takes(await elsewhere.login({ begunAt }))).toBe(true);
  });
});
