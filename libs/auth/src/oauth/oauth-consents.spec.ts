import { MemoryOAuthArtifactStore } from '../stores/memory/memory-oauth-artifact.store.js';
import { MemoryOAuthConsentStore } from '../stores/memory/memory-oauth-consent.store.js';
import { TokenIssuer } from '../tokens/token-issuer.js';
import { TokenVerifier } from '../tokens/token-verifier.js';
import { OAuthInstance } from './oauth.spec-support.js';
import { OAuthArtifacts } from './oauth-artifacts.js';
import { OAuthClients } from './oauth-clients.js';
import { OAuthConsents } from './oauth-consents.js';
import { OAuthGrants } from './oauth-grants.js';

const SCOPES = { '': ['openid'], 'https://api.example': ['parcels:read'] };

let instance: OAuthInstance;
let other: OAuthInstance;
beforeEach(async () => {
  const stores = {
    oauthArtifacts: new MemoryOAuthArtifactStore(),
    oauthConsents: new MemoryOAuthConsentStore(),
  };
  [instance, other] = [await OAuthInstance.start({ stores }), await OAuthInstance.start({ stores })];
});
afterEach(() => Promise.all([instance.close(), other.close()]));

const consents = (of = instance) => of.get(OAuthConsents);
const give = (clientId: string, details: object = {}) =>
  consents().give({ subject: 'ada', clientId, scopes: SCOPES, ...details });

it('holds until it is withdrawn, or over', async () => {
  await give('shop', { actor: 'ada' });
  await give('tv', { expiresAt: Date.now() + 60_000 });
  expect(await consents(other).find('ada', 'shop')).toMatchObject({ scopes: SCOPES, expiresAt: null });
  expect(await consents(other).find('ada', 'tv')).toMatchObject({ scopes: SCOPES });
  expect(await consents().find('bob', 'shop')).toBeUndefined();
  other.ahead = 61;
  expect(await consents(other).find('ada', 'tv')).toBeUndefined();
  expect((await consents(other).list('ada')).consents.map(({ clientId }) => clientId)).toEqual(['shop']);
  expect(instance.oauthEvents()[0]).toEqual({
    ...{ type: 'oauth-consent.given', subject: 'ada', clientId: 'shop', scopes: SCOPES, actor: 'ada' },
  });
});

it('is listed with the name of its client, page by page', async () => {
  const { clientId } = await instance.get(OAuthClients).create({ name: 'TV', kind: 'device' });
  await give(clientId);
  await give('gone');
  const first = await consents().list('ada', { limit: 1 });
  expect(first.consents).toEqual([
    {
      clientId,
      clientName: 'TV',
      scopes: SCOPES,
      createdAt: expect.any(Number),
      updatedAt: expect.any(Number),
      expiresAt: null,
    },
  ]);
  const rest = await consents().list('ada', { limit: 1, cursor: first.nextCursor ?? '' });
  expect(rest.consents).toMatchObject([{ clientId: 'gone', clientName: null }]);
  expect(rest.nextCursor).toBeUndefined();
  for (const cursor of ['', '???'])
    await expect(consents().list('ada', { cursor })).rejects.toThrow('cursor');
});

it('ends with it what the client was granted, and what others were is left', async () => {
  const tokens = await Promise.all(
    [
      ['g1', 'shop', 'ada'],
      ['g2', 'shop', 'ada'],
      ['g3', 'tv', 'ada'],
      ['g4', 'shop', 'bob'],
    ].map(async ([grantId = '', clientId = '', subject = '']) => {
      await give(clientId, { subject });
      const names = { grantId, clientId, subject };
      await instance.get(OAuthArtifacts).save('Grant', grantId, {}, names, Date.now() + 60_000);
      return (await instance.get(TokenIssuer).issue({ subject, clientId, grantId })).accessToken;
    }),
  );
  expect(await consents().withdraw('ada', 'shop', { actor: 'ada' })).toBe(true);
  const verified = await Promise.allSettled(
    tokens.map(async (token) => instance.get(TokenVerifier).verify(token)),
  );
  expect(verified.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled', 'fulfilled']);
  const found = await Promise.all(
    ['g1', 'g2', 'g3', 'g4'].map((id) => other.get(OAuthArtifacts).find('Grant', id)),
  );
  expect(found.map((grant) => grant !== undefined)).toEqual([false, false, true, true]);
  expect(await consents(other).find('ada', 'shop')).toBeUndefined();
  expect(await consents(other).find('bob', 'shop')).toBeDefined();
  expect(await consents().withdraw('ada', 'shop')).toBe(false);
  const types = instance.oauthEvents().map(({ type }) => type);
  expect(types.slice(4)).toEqual(['oauth-grant.ended', 'oauth-grant.ended', 'oauth-consent.withdrawn']);
});

it('is withdrawn by one of many at once', async () => {
  await give('shop');
  const withdrawn = Array.from({ length: 10 }, (_, index) =>
    consents(index % 2 === 0 ? instance : other).withdraw('ada', 'shop'),
  );
  expect((await Promise.all(withdrawn)).filter(Boolean)).toHaveLength(1);
});

it('has no token that works where a process died while it ended the grant', async () => {
  const oauthArtifacts = new MemoryOAuthArtifactStore();
  const dying = await OAuthInstance.start({ stores: { oauthArtifacts } });
  const names = { grantId: 'g1', clientId: 'shop', subject: 'ada' };
  await dying.get(OAuthArtifacts).save('Grant', 'g1', {}, names, Date.now() + 60_000);
  const { accessToken } = await dying.get(TokenIssuer).issue(names);
  const verify = async () => dying.get(TokenVerifier).verify(accessToken);
  expect(await verify()).toBeDefined();
  const revoke = oauthArtifacts.revoke.bind(oauthArtifacts);
  oauthArtifacts.revoke = async (which) => {
    await revoke(which);
    throw new Error('nothing after this is done');
  };
  await expect(dying.get(OAuthGrants).end({ grantId: 'g1' }, { reason: 'spec' })).rejects.toThrow();
  await expect(verify()).rejects.toThrow();
  await dying.close();
});
