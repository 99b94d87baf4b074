import type { UserIdentity } from '../identity/identity.js';
import { RevocationService } from '../revocation/revocation-service.js';
import { MemorySessionStore } from '../stores/memory/memory-session.store.js';
import { TokenVerifier } from '../tokens/token-verifier.js';
import type { FurtherProof, RaiseDetails, RaisedTokens } from './session-raising.js';
import { ADA, SessionInstance } from './session-service.spec-support.js';
import type { SessionTokens } from './session-tokens.js';

const OWN = 'https://api.example';
const PROOF: FurtherProof = { acr: 'mfa', amr: ['otp', 'mfa'] };

let store: MemorySessionStore;
let app: SessionInstance;
beforeEach(async () => {
  store = new MemorySessionStore();
  app = await SessionInstance.start({ stores: { sessions: store } });
});
afterEach(() => app.close());

const raise = (
  { sessionId }: { readonly sessionId: string },
  details: Partial<RaiseDetails> = {},
  proof = PROOF,
): Promise<RaisedTokens> =>
  app.sessions.raise(sessionId, proof, { issuer: OWN, subject: 'ada', actor: 'ada', ...details });
const refusalOf = (raising: Promise<unknown>) =>
  raising.then(
    () => 'none',
    ({ code }) => code,
  );
const refreshed = async (tokens: SessionTokens) => (await app.refresh(tokens.refreshToken)) as SessionTokens;
const claimsOf = async ({ accessToken }: { readonly accessToken: string }) =>
  ((await app.get(TokenVerifier).verify(accessToken)).identity as UserIdentity).claims;

describe('a raised session', () => {
  it('has an access token that says what was proven, and when', async () => {
    const first = await app.login({ authTime: Date.now() - 600_000, acr: 'low' });
    const before = Math.floor(Date.now() / 1000);
    const raised = await raise(first);
    expect(Object.keys(raised).sort()).toEqual(['accessToken', 'expiresInSeconds', 'sessionId', 'tokenType']);
    const claims = await claimsOf(raised);
    expect(claims).toMatchObject({
      sid: first.sessionId,
      client_id: 'web',
      acr: 'mfa',
      amr: ['pwd', 'otp', 'mfa'],
    });
    expect(claims.auth_time).toBeGreaterThanOrEqual(before);
    // Of the first one nothing has changed.
    expect(await claimsOf(first)).toMatchObject({ acr: 'low', amr: ['pwd'] });
  });

  it('goes on with the refresh token that it had, and keeps its level without renewing it', async () => {
    const first = await app.login();
    const { auth_time } = await claimsOf(await raise(first));
    app.ahead = 300;
    const second = await refreshed(first);
    expect(await claimsOf(second)).toMatchObject({ acr: 'mfa', amr: ['pwd', 'otp', 'mfa'], auth_time });
    app.ahead = 600;
    expect(await claimsOf(await refreshed(second))).toMatchObject({ acr: 'mfa', auth_time });
  });

  it('has no token that lives longer than its level', async () => {
    app.stopClock();
    const first = await app.login();
    const { auth_time } = await claimsOf(await raise(first));
    const end = Number(auth_time) + 900;
    let tokens = first;
    for (app.ahead of [1, 450, 890, 897]) {
      tokens = await refreshed(tokens);
      const claims = await claimsOf(tokens);
      expect(claims.acr).toBe('mfa');
      expect(claims.exp).toBeLessThanOrEqual(end + 1);
      expect(tokens.expiresInSeconds).toBe(Number(claims.exp) - Number(claims.iat));
    }
  });

  it('is of the level of its login again when that has ended, for as long as tokens live', async () => {
    const first = await app.login({ acr: 'low' });
    const login = await claimsOf(first);
    await raise(first);
    app.ahead = 900;
    const tokens = await refreshed(first);
    const { acr, amr, auth_time } = login;
    expect(await claimsOf(tokens)).toMatchObject({ acr, amr, auth_time });
    expect(tokens.expiresInSeconds).toBe(900);
  });

  it('stays raised for as long as the app says, and for less where tokens live shorter', async () => {
    await app.close();
    app = await SessionInstance.start({
      sessions: { raisedSeconds: 60 } as never,
      stores: { sessions: store },
    });
    const first = await app.login();
    expect((await raise(first)).expiresInSeconds).toBeLessThanOrEqual(60);
    expect((await raise(first, { accessTokenSeconds: 20 })).expiresInSeconds).toBe(20);
    app.ahead = 61;
    expect((await claimsOf(await refreshed(first))).acr).toBeUndefined();
  });

  it('can be raised again, which counts from then on, by no more than was proven then', async () => {
    const first = await app.login();
    await raise(first);
    app.ahead = 800;
    await raise(first, {}, { amr: ['hwk'] });
    app.ahead = 1_000;
    const claims = await claimsOf(await refreshed(first));
    expect(claims.amr).toEqual(['pwd', 'hwk']);
    expect(claims.acr).toBeUndefined();
  });

  it('is bound as before, and may no more than before', async () => {
    const binding = { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' };
    const first = await app.login({ binding, scopes: ['depot:read'] });
    const raised = await raise(first);
    expect(raised.tokenType).toBe('DPoP');
    expect(await claimsOf(raised)).toMatchObject({ cnf: binding, scope: 'depot:read' });
    app.users.set('ada', { ...ADA, scopes: [] });
    expect(await claimsOf(await raise(first))).not.toHaveProperty('scope');
  });

  it('shows its user how it is proven, for as long as that counts', async () => {
    const first = await app.login();
    const view = async () => (await app.sessions.list({ subject: 'ada' })).sessions[0];
    expect(await view()).toMatchObject({ amr: ['pwd'], acr: null, raised: null });
    await raise(first);
    const shown = await view();
    expect(shown).toMatchObject({
      amr: ['pwd'],
      acr: null,
      raised: { acr: 'mfa', amr: ['pwd', 'otp', 'mfa'] },
    });
    expect(shown?.raised?.endsAt).toBe(Number(shown?.raised?.authTime) + 900_000);
    app.ahead = 900;
    expect(await view()).toMatchObject({ raised: null });
  });

  it('is an event, which says of what user and by what', async () => {
    const { sessionId } = await raise(await app.login(), { address: '192.0.2.7' });
    expect(app.events.find(({ type }) => type === 'session.raised')).toMatchObject({
      ...{ sessionId, subject: 'ada', actor: 'ada', address: '192.0.2.7', amr: ['pwd', 'otp', 'mfa'] },
    });
  });
});

describe('raising is refused, and leaves the session as it was,', () => {
  const expectRefused = async (raising: Promise<unknown>, sessionId: string, code = 'invalid_token') => {
    expect(await refusalOf(raising)).toBe(code);
    expect((await store.find(sessionId))?.raised ?? null).toBeNull();
  };

  it('for a session of nobody', () => expectRefused(raise({ sessionId: 'x' }), 'x'));

  it('for the session of another user, or by the token of another issuer that names it', async () => {
    const { sessionId } = await app.login();
    await expectRefused(raise({ sessionId }, { subject: 'bob' }), sessionId);
    await expectRefused(raise({ sessionId }, { issuer: 'https://other.example' }), sessionId);
  });

  it('for one that has ended, is idle for too long, or is over', async () => {
    const ended = await app.login();
    await app.sessions.end(ended.sessionId, { reason: 'spec' });
    await expectRefused(raise(ended), ended.sessionId);
    const idle = await app.login();
    app.ahead = 1_209_600;
    await expectRefused(raise(idle), idle.sessionId);
  });

  it('for one that ends while it is raised', async () => {
    const first = await app.login();
    const { raise: keep } = store;
    store.raise = async (...proof) => {
      await app.sessions.end(first.sessionId, { reason: 'spec' });
      return keep.apply(store, proof);
    };
    await expectRefused(raise(first), first.sessionId);
  });

  it('where its user, its client or all of the issuer were revoked, though the store has not heard of it', async () => {
    for (const revoke of [
      (service: RevocationService) => service.revokeUser('ada', { reason: 'spec' }),
      (service: RevocationService) => service.revokeClient('web', { reason: 'spec' }),
      (service: RevocationService) => service.revokeAll({ reason: 'spec' }),
    ]) {
      const first = await app.login();
      store.end = async () => [];
      await revoke(app.get(RevocationService));
      await expectRefused(raise(first), first.sessionId);
      app.ahead += 5;
    }
  });

  it('where the user is gone or disabled, and then it ends', async () => {
    for (const user of [undefined, { ...ADA, isDisabled: true }]) {
      const { sessionId } = await app.login();
      if (user === undefined) app.users.delete('ada');
      else app.users.set('ada', user);
      await expectRefused(raise({ sessionId }), sessionId);
      expect((await store.find(sessionId))?.endedAt).not.toBeNull();
    }
  });

  it('for now where the store can not be asked', async () => {
    const first = await app.login();
    store.raise = () => Promise.reject(new Error('away'));
    await expectRefused(raise(first), first.sessionId, 'temporarily_unavailable');
  });
});

it('a login can be older than its session, and never younger', async () => {
  const anHourAgo = Date.now() - 3_600_000;
  const { auth_time } = await claimsOf(await app.login({ authTime: anHourAgo }));
  expect(auth_time).toBe(Math.floor(anHourAgo / 1000));
  for (const authTime of [Date.now() + 60_000, -1, Number.NaN])
    await expect(app.login({ authTime })).rejects.toThrow(/authTime/);
});
