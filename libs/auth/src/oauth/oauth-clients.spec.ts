import { findApiKeys } from '../api-keys/api-key-format.js';
import { MemoryOAuthClientStore } from '../stores/memory/memory-oauth-client.store.js';
import { MemoryOAuthConsentStore } from '../stores/memory/memory-oauth-consent.store.js';
import { TokenIssuer } from '../tokens/token-issuer.js';
import { TokenVerifier } from '../tokens/token-verifier.js';
import { ConfiguredClients } from './configured-clients.js';
import { OAuthInstance } from './oauth.spec-support.js';
import { OAuthArtifacts } from './oauth-artifacts.js';
import type { OAuthClientRecord } from './oauth-client.store.js';
import type { NewOAuthClient } from './oauth-client-details.js';
import { OAuthClientLeaks } from './oauth-client-leaks.js';
import { OAuthClients } from './oauth-clients.js';
import { OAuthConsents } from './oauth-consents.js';

const SHOP: NewOAuthClient = { name: 'Shop', kind: 'web', redirectUris: ['https://shop.example/back'] };
const WHO = { actor: 'ops' };

let store: MemoryOAuthClientStore;
let instance: OAuthInstance;
let other: OAuthInstance;
beforeEach(async () => {
  store = new MemoryOAuthClientStore();
  const stores = { oauthClients: store, oauthConsents: new MemoryOAuthConsentStore() };
  [instance, other] = [await OAuthInstance.start({ stores }), await OAuthInstance.start({ stores })];
});
afterEach(() => Promise.all([instance.close(), other.close()]));

const clients = (of = instance) => of.get(OAuthClients);
const types = () => instance.oauthEvents().map(({ type }) => type);

it('makes a client whose secret is shown once, and kept as a hash', async () => {
  const { secret = '', ...made } = await clients().create({ ...SHOP, ...WHO });
  expect(made).toMatchObject({
    ...SHOP,
    clientId: expect.stringMatching(/^client_\w{16}$/),
    disabledAt: null,
  });
  expect(made.secrets).toEqual([{ id: expect.any(String), createdAt: expect.any(Number), expiresAt: null }]);
  expect(await clients(other).find(made.clientId)).toEqual(made);
  expect(JSON.stringify([await store.find(made.clientId), instance.events])).not.toContain(secret);
  expect(await clients(other).matchesSecret(made.clientId, secret)).toBe(true);
  for (const wrong of ['', `${secret}x`, secret.slice(1), 'x'.repeat(10_000)])
    expect(await clients().matchesSecret(made.clientId, wrong)).toBe(false);
  expect(await clients().matchesSecret('nobody', secret)).toBe(false);
  // Scanners for leaked keys know it.
  expect([...findApiKeys(`client_secret=${secret}`)].map(({ key }) => key)).toEqual([secret]);
  expect(instance.oauthEvents()).toEqual([
    { type: 'oauth-client.created', clientId: made.clientId, name: 'Shop', ...WHO },
  ]);
});

it('ends a secret that has leaked, and no other', async () => {
  const { clientId, secret: first = '' } = await clients().create(SHOP);
  const { secret: second } = (await clients().rotate(clientId, { overlapSeconds: 60 })) ?? { secret: '' };
  const leaks = instance.get(OAuthClientLeaks);
  for (const wrong of ['', 'x', `${first}x`, first.slice(0, -1)])
    expect(await leaks.end(wrong, WHO)).toBeUndefined();
  expect(await leaks.end(first, WHO)).toMatch(/^\w{16}$/);
  expect(await clients(other).matchesSecret(clientId, first)).toBe(false);
  expect(await clients(other).matchesSecret(clientId, second)).toBe(true);
  expect(types().at(-1)).toBe('oauth-client.changed');
  expect(await leaks.end(first, WHO)).toBeUndefined();
});

it('gives no secret to who has no use for it', async () => {
  const made = await clients().create({ name: 'TV', kind: 'device' });
  expect(made).not.toHaveProperty('secret');
  expect(await clients().matchesSecret(made.clientId, '')).toBe(false);
  await expect(clients().rotate(made.clientId, { overlapSeconds: 0 })).rejects.toMatchObject({
    code: 'oauth_client_conflict',
  });
});

it('rotates secrets with an overlap, which never makes one live longer', async () => {
  const { clientId, secret: first = '' } = await clients().create(SHOP);
  const works = (secret: string) => clients(other).matchesSecret(clientId, secret);
  const { secret: second } = (await clients().rotate(clientId, { overlapSeconds: 60, ...WHO })) ?? {
    secret: '',
  };
  expect([await works(first), await works(second)]).toEqual([true, true]);
  const { secret: third } = (await clients().rotate(clientId, { overlapSeconds: 3_600 })) ?? { secret: '' };
  other.ahead = 61;
  expect([await works(first), await works(second), await works(third)]).toEqual([false, true, true]);
  const { secret: last } = (await clients().rotate(clientId, { overlapSeconds: 0 })) ?? { secret: '' };
  expect(await Promise.all([first, second, third, last].map(works))).toEqual([false, false, false, true]);
  expect((await clients().find(clientId))?.secrets).toHaveLength(1);
  expect(instance.oauthEvents()[1]).toEqual({
    ...{ type: 'oauth-client.rotated', clientId, name: 'Shop', ...WHO },
    ...{ secretId: expect.any(String), expiresAt: expect.any(Number) },
  });
  for (const overlapSeconds of [-1, Number.NaN, Number.POSITIVE_INFINITY, '1' as never])
    await expect(clients().rotate(clientId, { overlapSeconds })).rejects.toThrow('overlapSeconds');
  expect(await clients().rotate('nobody', { overlapSeconds: 0 })).toBeUndefined();
});

it('loses no change of those that come at once', async () => {
  const { clientId } = await clients().create(SHOP);
  const rotations = Array.from({ length: 5 }, (_, index) =>
    clients(index % 2 === 0 ? instance : other).rotate(clientId, { overlapSeconds: 60 }),
  );
  const secrets = (await Promise.all(rotations)).map((rotated) => rotated?.secret ?? '');
  expect(await Promise.all(secrets.map((secret) => clients().matchesSecret(clientId, secret)))).toEqual(
    secrets.map(() => true),
  );
});

it('gives up where others change it all the time', async () => {
  const { clientId } = await clients().create(SHOP);
  store.replace = async () => false;
  await expect(clients().change(clientId, { name: 'X' })).rejects.toMatchObject({
    code: 'oauth_client_conflict',
  });
});

it('changes what it may do, under the same checks', async () => {
  const { clientId } = await clients().create({ ...SHOP, scopes: ['parcels:read'] });
  const changed = await clients().change(
    clientId,
    { name: 'New shop', accessTokenSeconds: 60, redirectUris: undefined, kind: 'native' } as never,
    WHO,
  );
  expect(changed).toMatchObject({
    name: 'New shop',
    accessTokenSeconds: 60,
    scopes: ['parcels:read'],
    kind: 'web',
  });
  expect(await clients(other).find(clientId)).toEqual(changed);
  await expect(clients().change(clientId, { redirectUris: ['http://evil.example/'] })).rejects.toThrow(
    'must be https',
  );
  await expect(clients().change(clientId, { redirectUris: [] })).rejects.toThrow('redirectUris');
  expect(await clients().change('nobody', { name: 'X' })).toBeUndefined();
  expect(types()).toEqual(['oauth-client.created', 'oauth-client.changed']);
});

describe.each(['disable', 'delete'] as const)('a client, to %s it,', (end) => {
  it('is refused at once, with all that it was issued', async () => {
    const { clientId, secret = '' } = await clients().create(SHOP);
    await instance.get(OAuthConsents).give({ subject: 'ada', clientId, scopes: { '': ['openid'] } });
    await instance.get(OAuthConsents).give({ subject: 'ada', clientId: 'another', scopes: {} });
    const names = { grantId: 'g1', clientId, subject: 'ada' };
    await instance.get(OAuthArtifacts).save('Grant', 'g1', {}, names, Date.now() + 60_000);
    const { accessToken } = await instance
      .get(TokenIssuer)
      .issue({ subject: 'ada', clientId, grantId: 'g1' });
    expect(await clients()[end](clientId, WHO)).toBe(true);
    expect(await clients(other).findEnabled(clientId)).toBeUndefined();
    expect(await clients(other).matchesSecret(clientId, secret)).toBe(false);
    await expect((async () => instance.get(TokenVerifier).verify(accessToken))()).rejects.toMatchObject({
      code: 'invalid_token',
    });
    expect(await instance.get(OAuthArtifacts).find('Grant', 'g1')).toBeUndefined();
    expect(await clients()[end](clientId, WHO)).toBe(false);
    expect(await clients()[end]('nobody', WHO)).toBe(false);
    const consents = await instance.get(OAuthConsents).list('ada');
    expect(consents.consents.map((consent) => consent.clientId).sort()).toEqual(
      end === 'delete' ? ['another'] : ['another', clientId].sort(),
    );
    expect(types().at(-1)).toBe(end === 'delete' ? 'oauth-client.deleted' : 'oauth-client.disabled');
  });
});

it('enables a disabled client, whose users begin anew', async () => {
  const { clientId, secret = '' } = await clients().create(SHOP);
  expect(await clients().enable(clientId)).toBe(false);
  await clients().disable(clientId);
  expect(await clients().enable(clientId, WHO)).toBe(true);
  expect(await clients(other).matchesSecret(clientId, secret)).toBe(true);
  expect(types()).toEqual(['oauth-client.created', 'oauth-client.disabled', 'oauth-client.enabled']);
});

it('lists clients newest first, page by page', async () => {
  const names = ['A', 'B', 'C'];
  for (const [index, name] of names.entries()) {
    instance.ahead = index;
    await clients().create({ ...SHOP, name });
  }
  const first = await clients(other).list({ limit: 2 });
  expect(first.clients.map(({ name }) => name)).toEqual(['C', 'B']);
  const rest = await clients(other).list({ limit: 2, cursor: first.nextCursor ?? '' });
  expect(rest.clients.map(({ name }) => name)).toEqual(['A']);
  expect(rest.nextCursor).toBeUndefined();
  await expect(clients().list({ cursor: '???' })).rejects.toThrow('cursor');
  await expect(clients().list({ limit: 0 })).rejects.toThrow('limit');
});

describe('clients that the code names', () => {
  const secret = 's'.repeat(32);
  const named = { ...SHOP, clientId: 'shop', secrets: [secret, 'o'.repeat(32)] };
  const use = (...given: object[]) => instance.get(ConfiguredClients).use(given as never, false);

  it('are there beside those of the store, and are not changed', async () => {
    use(named, { clientId: 'tv', name: 'TV', kind: 'device' });
    expect(await clients().find('shop')).toMatchObject({
      name: 'Shop',
      isConfigured: true,
      authentication: 'secret',
    });
    for (const each of named.secrets) expect(await clients().matchesSecret('shop', each)).toBe(true);
    expect(await clients().matchesSecret('tv', '')).toBe(false);
    const attempts = [
      () => clients().disable('shop'),
      () => clients().delete('shop'),
      () => clients().change('shop', { name: 'X' }),
      () => clients().rotate('shop', { overlapSeconds: 0 }),
    ];
    for (const attempt of attempts)
      await expect(attempt()).rejects.toMatchObject({ code: 'oauth_client_conflict' });
    expect((await clients().list()).clients).toEqual([]);
  });

  it('come first where the store has one of the same name', async () => {
    await store.insert({
      clientId: 'shop',
      name: 'Impostor',
      metadata: '{}',
      secrets: [],
    } as unknown as OAuthClientRecord);
    use(named);
    expect((await clients().find('shop'))?.name).toBe('Shop');
  });

  it('are refused at boot where they make no sense, all at once', () => {
    const wrong = [
      { ...named, clientId: 'a b' },
      { ...named, clientId: 'short', secrets: ['short'] },
      { ...named, clientId: 'none', secrets: [] },
      { ...named, clientId: 'tv', kind: 'device', redirectUris: [] },
      { ...named, clientId: 'plain', redirectUris: ['http://shop.example/'] },
    ];
    const problems = (() => {
      try {
        use(named, named, ...wrong);
      } catch (error) {
        return String((error as Error).message);
      }
      return '';
    })();
    for (const part of [
      '"shop": there are two of them',
      '"a b": clientId must be',
      '"short": secrets must have at least 32',
      '"none": it needs secrets',
      '"tv": it has no use for secrets',
      '"plain": redirectUris',
    ])
      expect(problems).toContain(part);
  });
});
