import { RevocationService } from '../revocation/revocation-service.js';
import { MemoryRevocationStore } from '../stores/memory/memory-revocation.store.js';
import { MemorySessionStore } from '../stores/memory/memory-session.store.js';
import { MemorySigningKeyStore } from '../stores/memory/memory-signing-key.store.js';
import { SessionInstance } from './session-service.spec-support.js';

let store: MemorySessionStore;
let revocations: MemoryRevocationStore;
let app: SessionInstance;
let signingKeys: MemorySigningKeyStore;
const start = () => SessionInstance.start({ stores: { sessions: store, revocations, signingKeys } });
beforeEach(async () => {
  store = new MemorySessionStore();
  revocations = new MemoryRevocationStore();
  signingKeys = new MemorySigningKeyStore();
  app = await start();
});
afterEach(() => app.close());

const unsettled = async () => (await store.unsettled(Number.MAX_SAFE_INTEGER, 10)).map(({ id }) => id);
const sessionsRevoked = async () =>
  (await revocations.findSince(0, 10)).flatMap((each) => (each.type === 'session' ? [each.sessionId] : []));
/** As by an instance that has died after that. */
const endRow = (id: string) => store.end({ id }, Date.now(), 'logged out');

it('what a call has ended is settled by it, also where a user was revoked', async () => {
  const [one] = [await app.login(), await app.login()];
  await app.sessions.end(one.sessionId, { reason: 'x' });
  await app.get(RevocationService).revokeUser('ada', { reason: 'x' });
  expect(await unsettled()).toEqual([]);
});

it('whoever starts next revokes what tokens are left, for the reason that was given, and once', async () => {
  const [tokens, other] = [await app.login(), await app.login()];
  await endRow(tokens.sessionId);
  for (let starts = 0; starts < 2; starts++) {
    const next = await start();
    expect([await next.takes(tokens), await next.takes(other)]).toEqual([false, true]);
    await next.close();
  }
  expect(await sessionsRevoked()).toEqual([tokens.sessionId]);
  expect((await revocations.findSince(0, 1))[0]?.reason).toBe('logged out');
  expect(await unsettled()).toEqual([]);
});

it('nobody is served where that can not be done', async () => {
  await endRow((await app.login()).sessionId);
  revocations.save = async () => {
    throw new Error('away');
  };
  await expect(start()).rejects.toThrow('away');
  expect(await unsettled()).toHaveLength(1);
});

it('an instance that goes on sees to it within a minute of endings, but not before who has ended it had time', async () => {
  const [left, fresh, own] = [await app.login(), await app.login(), await app.login()];
  await endRow(left.sessionId);
  app.ahead = 61;
  await store.end({ id: fresh.sessionId }, Date.now() + 60_000, 'a moment ago');
  await app.sessions.end(own.sessionId, { reason: 'x' });
  const end = performance.now() + 10_000;
  while ((await unsettled()).length > 1 && performance.now() < end) await new Promise(setImmediate);
  expect(await unsettled()).toEqual([fresh.sessionId]);
  expect(await app.takes(left)).toBe(false);
});

it('tokens that are over need no revocation', async () => {
  await endRow((await app.login()).sessionId);
  await app.close();
  const spare = { sessions: store, revocations };
  app = await SessionInstance.start({ stores: spare, now: () => Date.now() + 90_000_000 });
  expect([await unsettled(), await sessionsRevoked()]).toEqual([[], []]);
});

it('a store that settles nothing keeps nobody busy for ever', async () => {
  await endRow((await app.login()).sessionId);
  store.settle = async () => {};
  await expect(start()).rejects.toThrow('settles nothing');
});
