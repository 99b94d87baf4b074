import { RevocationService } from '../revocation/revocation-service.js';
import { MemoryOAuthArtifactStore } from '../stores/memory/memory-oauth-artifact.store.js';
import { MemorySessionStore } from '../stores/memory/memory-session.store.js';
import { TokenIssuer } from '../tokens/token-issuer.js';
import { TokenVerifier } from '../tokens/token-verifier.js';
import { ISSUER, KEY, OAuthInstance } from './oauth.spec-support.js';
import type { OAuthArtifact, OAuthArtifactRecord } from './oauth-artifact.store.js';
import { OAuthArtifacts } from './oauth-artifacts.js';
import { OAuthGrants } from './oauth-grants.js';

const SECOND_KEY = Buffer.alloc(32, 8).toString('base64');
const WHO = { actor: 'ops', reason: 'spec' };
const HOUR = 3_600_000;
const inAnHour = () => Date.now() + HOUR;

/** Remembers what it is given, as whoever steals it sees it. */
class SeenStore extends MemoryOAuthArtifactStore {
  readonly seen: OAuthArtifact[] = [];
  replacing: ((record: OAuthArtifactRecord) => OAuthArtifactRecord) | undefined;

  override upsert(artifact: OAuthArtifact): Promise<boolean> {
    this.seen.push(artifact);
    return super.upsert(artifact);
  }

  override async find(key: { model: string; idHash: string }): Promise<OAuthArtifactRecord | undefined> {
    const record = await super.find(key);
    return record && (this.replacing?.(record) ?? record);
  }
}

let store: SeenStore;
let sessions: MemorySessionStore;
let instance: OAuthInstance;
const started: OAuthInstance[] = [];

async function start(keys: string[] = [KEY]): Promise<OAuthInstance> {
  const one = await OAuthInstance.start({
    stores: { oauthArtifacts: store, sessions },
    tokens: { audience: 'parcels', issuer: { url: ISSUER, keyEncryptionKeys: keys } },
  });
  started.push(one);
  return one;
}

beforeEach(async () => {
  store = new SeenStore();
  sessions = new MemorySessionStore();
  instance = await start();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.close()));
});

const artifacts = (of = instance) => of.get(OAuthArtifacts);
const ADAS = { grantId: 'g1', clientId: 'shop', subject: 'ada' };

/** The grant, a refresh token and a code of Ada's, as a server makes them. */
async function grant(names: object = ADAS): Promise<void> {
  await artifacts().save('Grant', 'g1', { accountId: 'ada' }, names, inAnHour());
  await artifacts().save('RefreshToken', 'the token', { accountId: 'ada' }, names, inAnHour());
}

const isThere = async (of = instance) =>
  (await artifacts(of).find('Grant', 'g1')) !== undefined &&
  (await artifacts(of).find('RefreshToken', 'the token')) !== undefined;

it('gives back what was kept under its id, and keeps nothing that opens anything', async () => {
  const payload = {
    accountId: 'ada',
    userCode: 'BCDFGHJK',
    scope: 'parcels:read',
    nested: { jti: 'the id' },
  };
  const names = { ...ADAS, uid: 'the uid', userCode: 'BCDFGHJK' };
  expect(await artifacts().save('DeviceCode', 'the id', payload, names, inAnHour())).toBe(true);
  const found = { payload, createdAt: expect.any(Number), consumedAt: null, expiresAt: expect.any(Number) };
  expect(await artifacts().find('DeviceCode', 'the id')).toEqual(found);
  expect(await artifacts().findByUid('DeviceCode', 'the uid')).toEqual(found);
  expect(await artifacts().findByUserCode('DeviceCode', 'BCDFGHJK')).toEqual(found);
  expect(await artifacts().find('DeviceCode', 'another')).toBeUndefined();
  const stolen = JSON.stringify(store.seen);
  for (const secret of ['the id', 'the uid', 'BCDFGHJK', 'parcels:read'])
    expect(stolen).not.toContain(secret);
});

it('keeps user codes under a key, so that they can not be guessed where they are kept', async () => {
  await artifacts().save('DeviceCode', 'd1', {}, { userCode: 'BCDFGHJK' }, inAnHour());
  const [{ userCodeHash } = { userCodeHash: null }] = store.seen;
  const other = await OAuthInstance.start({
    tokens: { audience: 'parcels', issuer: { url: ISSUER, keyEncryptionKeys: [SECOND_KEY] } },
    stores: { oauthArtifacts: store },
  });
  started.push(other);
  await artifacts(other).save('Other', 'd1', {}, { userCode: 'BCDFGHJK' }, inAnHour());
  expect(store.seen[1]?.userCodeHash).not.toBe(userCodeHash);
});

it('goes on with what an older key has sealed', async () => {
  await artifacts().save('DeviceCode', 'd1', { a: 1 }, { userCode: 'BCDFGHJK' }, inAnHour());
  const next = await start([SECOND_KEY, KEY]);
  expect((await artifacts(next).find('DeviceCode', 'd1'))?.payload).toEqual({ a: 1 });
  expect((await artifacts(next).findByUserCode('DeviceCode', 'BCDFGHJK'))?.payload).toEqual({ a: 1 });
  const stranger = await start([SECOND_KEY]);
  await expect(artifacts(stranger).find('DeviceCode', 'd1')).rejects.toMatchObject({
    code: 'temporarily_unavailable',
  });
});

it.each([
  ['another artifact', { idHash: 'x' }],
  ['another model', { model: 'Session' }],
  ['another issuer', { issuer: 'https://other.example' }],
  ['another user', { subject: 'bob' }],
  ['another client', { clientId: 'evil' }],
  ['another grant', { grantId: 'g2' }],
  ['another login', { sessionId: null }],
])('notices a row that was made one of %s', async (_, change) => {
  const session = { ...(await aSession('s1')) };
  await grant({ ...ADAS, sessionId: session.id });
  expect(await isThere()).toBe(true);
  store.replacing = (record) => ({ ...record, ...change });
  await expect(artifacts().find('Grant', 'g1')).rejects.toMatchObject({ code: 'temporarily_unavailable' });
});

it('notices the payload of another row', async () => {
  await grant();
  await artifacts().save('Grant', 'g2', { accountId: 'bob' }, { ...ADAS, subject: 'bob' }, inAnHour());
  const payload = store.seen.at(-1)?.payload as string;
  store.replacing = (record) => ({ ...record, payload });
  await expect(artifacts().find('Grant', 'g1')).rejects.toMatchObject({ code: 'temporarily_unavailable' });
});

it('is used once by fifty at once on two instances, and stays to be seen', async () => {
  const other = await start();
  await grant();
  const uses = Array.from({ length: 50 }, (_, index) =>
    artifacts(index % 2 === 0 ? instance : other).consume('RefreshToken', 'the token'),
  );
  expect((await Promise.all(uses)).filter(Boolean)).toHaveLength(1);
  expect((await artifacts(other).find('RefreshToken', 'the token'))?.consumedAt).toEqual(expect.any(Number));
});

describe.each<[string, () => Promise<unknown>]>([
  ['its user', () => instance.get(RevocationService).revokeUser('ada', WHO)],
  ['its client', () => instance.get(RevocationService).revokeClient('shop', WHO)],
  ['its grant', () => instance.get(OAuthGrants).end({ grantId: 'g1' }, WHO)],
  ['its grant, as a session', () => instance.get(RevocationService).revokeSession('g1', WHO)],
  [
    'what its user let its client do',
    () => instance.get(OAuthGrants).end({ subject: 'ada', clientId: 'shop' }, WHO),
  ],
  ['the login that it ends with', () => instance.get(OAuthGrants).end({ sessionId: 's1' }, WHO)],
])('what was given out, after an end of %s', (_, end) => {
  it('is not there any more, nor comes back; what came of another is', async () => {
    await aSession('s1');
    await grant({ ...ADAS, sessionId: 's1' });
    const others = { grantId: 'g2', clientId: 'cli', subject: 'bob' };
    await artifacts().save('Grant', 'g2', {}, others, inAnHour());
    await end();
    expect(await artifacts().find('Grant', 'g1')).toBeUndefined();
    expect(await artifacts().find('RefreshToken', 'the token')).toBeUndefined();
    expect(await artifacts().consume('RefreshToken', 'the token')).toBe(false);
    // Somebody who has read it before.
    expect(await artifacts().save('Grant', 'g1', {}, ADAS, inAnHour())).toBe(false);
    expect(await artifacts().find('Grant', 'g1')).toBeUndefined();
    expect(await artifacts().find('Grant', 'g2')).toBeDefined();
  });
});

it('is not there where only the revocation has come so far', async () => {
  await grant();
  // As when whoever has revoked could not reach the store of the server.
  store.revoke = async () => ({ count: 0, grantIds: [] });
  await instance.get(RevocationService).revokeUser('ada', WHO);
  expect(await artifacts().find('Grant', 'g1')).toBeUndefined();
  await artifacts().save('Grant', 'anew', {}, { ...ADAS, grantId: 'anew' }, inAnHour());
  expect(await artifacts().find('Grant', 'anew')).toBeDefined();
});

it('is not there when the login that it ends with is over', async () => {
  await aSession('s1');
  await grant({ ...ADAS, sessionId: 's1' });
  expect(await isThere()).toBe(true);
  await sessions.end({ id: 's1' }, Date.now(), 'logged out');
  expect(await isThere()).toBe(false);
});

it('has the access tokens of a grant refused with it, and says so', async () => {
  await grant();
  const issue = (grantId: string) =>
    instance.get(TokenIssuer).issue({ subject: 'ada', clientId: 'shop', grantId });
  const [one, other] = [await issue('g1'), await issue('g2')];
  const verify = async (token: string) => instance.get(TokenVerifier).verify(token);
  expect(await instance.get(OAuthGrants).end({ subject: 'ada', clientId: 'shop' }, WHO)).toEqual(['g1']);
  await expect(verify(one.accessToken)).rejects.toMatchObject({ code: 'invalid_token' });
  await verify(other.accessToken);
  expect(instance.oauthEvents()).toEqual([
    { type: 'oauth-grant.ended', grantId: 'g1', subject: 'ada', clientId: 'shop', ...WHO },
  ]);
  // Whoever ended it before may have died in between.
  expect(await instance.get(OAuthGrants).end({ grantId: 'g2' }, WHO)).toEqual([]);
  await expect(verify(other.accessToken)).rejects.toMatchObject({ code: 'invalid_token' });
});

it('goes on to end a grant when the store comes back', async () => {
  await grant();
  const revoke = store.revoke.bind(store);
  store.revoke = () => Promise.reject(new Error('down'));
  const ending = instance.get(OAuthGrants).end({ grantId: 'g1' }, WHO);
  await expect(ending).rejects.toMatchObject({ code: 'temporarily_unavailable' });
  const ended = new Promise((resolve) => {
    store.revoke = async (which) => {
      const result = await revoke(which);
      resolve(result);
      return result;
    };
  });
  await ended;
  expect(await artifacts().find('Grant', 'g1')).toBeUndefined();
}, 20_000);

async function aSession(id: string) {
  const now = Date.now();
  const session = {
    ...{ id, issuer: ISSUER, subject: 'ada', clientId: 'web', scopes: [], createdAt: now, authTime: now },
    ...{
      acr: null,
      amr: [],
      secretHash: '',
      generation: 0,
      rotatedAt: now,
      refreshes: 0,
      refreshesSince: now,
      lastUsedAt: now,
      lastUsedFrom: null,
    },
    ...{
      device: null,
      binding: null,
      upstream: null,
      raised: null,
      idleExpiresAt: now + HOUR,
      expiresAt: now + HOUR,
    },
    ...{ endedAt: null, endedReason: null },
  };
  await sessions.insert(session);
  return session;
}
