import { PortcullisError } from '../errors.js';
import { type SecurityEvent, SecurityEvents } from '../events/security-events.js';
import type { Exchange } from '../identity/exchange.js';
import { AppIdentity, type Identity, UserIdentity } from '../identity/identity.js';
import { resolveOptions } from '../portcullis.options.js';
import { MemoryApiKeyStore } from '../stores/memory/memory-api-key.store.js';
import { MemoryBanStore } from '../stores/memory/memory-ban.store.js';
import { MemoryRevocationStore } from '../stores/memory/memory-revocation.store.js';
import { RequireTls } from './require-tls.js';

const STORES = {
  apiKeys: new MemoryApiKeyStore(),
  bans: new MemoryBanStore(),
  revocations: new MemoryRevocationStore(),
};
const FACTS = { requestId: 'r1', method: 'GET', path: '/', address: '192.0.2.1' };
const exchange = (isSecure: boolean) => ({ isSecure, facts: FACTS }) as unknown as Exchange;

const keyHolder = new AppIdentity({ appId: 'depot', name: 'Depot', keyId: 'k1', scopes: [] });
const client = new AppIdentity({
  appId: 'web',
  name: 'web',
  issuer: 'https://i.example',
  tokenId: 't1',
  scopes: [],
});
const user = new UserIdentity({
  issuer: 'https://i.example',
  subject: 'ann',
  clientId: 'web',
  tokenId: 't2',
  issuedAt: 0,
  expiresAt: 1,
  scopes: [],
  claims: {},
});

const idOf = ({ keyId, tokenId }: Identity) => keyId ?? tokenId;

function tls(requireTls: boolean) {
  const stream = new SecurityEvents();
  const events: SecurityEvent[] = [];
  stream.subscribe((event) => events.push(event));
  return { guard: new RequireTls(resolveOptions({ requireTls }, STORES), stream), events };
}

describe('a credential that came in clear text', () => {
  it.each<[string, Identity, 'api-key' | 'token', string]>([
    ['an API key', keyHolder, 'api-key', 'k1'],
    ['the token of a client', client, 'token', 't1'],
    ['the token of a user', user, 'token', 't2'],
  ])('is refused, and named so that it can be revoked: %s', async (_, identity, credential, id) => {
    const { guard, events } = tls(true);
    const proof = Promise.resolve(guard.prove(exchange(false), credential, () => identity, idOf));
    const error = await proof.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PortcullisError);
    expect(error).toMatchObject({ code: 'tls_required', challenge: [credential] });
    expect(events).toEqual([
      { type: 'credential.leaked', leak: 'clear-text', request: FACTS, credential, id },
    ]);
  });

  it('is refused without a name where it proves nothing', async () => {
    const { guard, events } = tls(true);
    const failing = () => {
      throw new Error('no such key');
    };
    await expect(guard.prove(exchange(false), 'token', failing, idOf)).rejects.toMatchObject({
      code: 'tls_required',
    });
    expect(events).toEqual([
      { type: 'credential.leaked', leak: 'clear-text', request: FACTS, credential: 'token' },
    ]);
  });
});

it('a credential that came encrypted, or where that is not asked, is proven at once', () => {
  for (const [requireTls, isSecure] of [
    [true, true],
    [false, false],
    [false, true],
  ] as const) {
    const { guard, events } = tls(requireTls);
    expect(guard.prove(exchange(isSecure), 'token', () => user, idOf)).toBe(user);
    expect(events).toEqual([]);
  }
});
