import { crc32 } from 'node:zlib';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { PortcullisError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import { AppIdentity } from '../identity/identity.js';
import { Replicator } from '../replication/replicator.js';
import { MemoryApiKeyStore } from '../stores/memory/memory-api-key.store.js';
import type { ApiKeyRecord } from './api-key.store.js';
import { ApiKeyFormat } from './api-key-format.js';
import type { ApiKeyRotation } from './api-key-rotating.js';
import { ApiKeyService } from './api-key-service.js';
import { ApiKeyVerifier } from './api-key-verifier.js';
import { LegacyAdoption } from './legacy-adoption.js';
import type { NewApiKey } from './new-api-key.js';

const SECOND = 1_000;
const START = Date.UTC(2030, 0, 1);
const APP: NewApiKey = {
  appId: 'depot',
  name: 'Depot Bern',
  scopes: ['scans:write'],
  lifetimeSeconds: 'never',
};
const PEPPER = 'a pepper of at least thirty-two bytes';
const OTHER_PEPPER = 'another pepper, of as many bytes or more';

/** Counts what it is asked, and can fail. */
class WatchedStore extends MemoryApiKeyStore {
  readonly asked: string[] = [];
  isDown = false;

  override findById(id: string): Promise<ApiKeyRecord | undefined> {
    this.asked.push(`findById ${id}`);
    if (this.isDown) return Promise.reject(new Error('connection refused'));
    return super.findById(id);
  }
  override findByHash(hash: string) {
    this.asked.push('findByHash');
    return super.findByHash(hash);
  }
  override list(...query: Parameters<MemoryApiKeyStore['list']>) {
    this.asked.push('list');
    return super.list(...query);
  }
  override rehash(...change: Parameters<MemoryApiKeyStore['rehash']>) {
    this.asked.push('rehash');
    return super.rehash(...change);
  }
}

let now: number;
let store: WatchedStore;
let verifier: ApiKeyVerifier;
let service: ApiKeyService;
beforeEach(() => {
  now = START;
  store = new WatchedStore();
  start();
});

/** Begins anew with the same store, like another instance. */
function start(apiKeys: PortcullisOptions['apiKeys'] = {}): void {
  const stores = memoryStores({ apiKeys: store });
  const options = resolveOptions({ apiKeys, now: () => now }, stores);
  const events = new SecurityEvents();
  verifier = new ApiKeyVerifier(
    options,
    new LegacyAdoption(options, events),
    new Replicator(options, events, CHANGES),
  );
  service = new ApiKeyService(options, events, verifier, new Replicator(options, events, CHANGES));
}

/** What the verifier throws, at once or later. */
async function refusal(key: string, kind?: 'api-key' | 'token'): Promise<PortcullisError> {
  try {
    await verifier.verify(key, kind);
  } catch (error) {
    if (error instanceof PortcullisError) return error;
    throw error;
  }
  throw new Error('the key was let in');
}

/** What the store is asked while something is done. */
async function asking(act: () => unknown): Promise<string[]> {
  store.asked.length = 0;
  try {
    await act();
  } catch (error) {
    if (!(error instanceof PortcullisError)) throw error;
  }
  return [...store.asked];
}

/** A key of the right form that was never made here. */
const stranger = () => new ApiKeyFormat('ptc', 'live').create();

/** The id of one key with the secret of another, and the checksum that fits: what only a forger makes. */
function forged(key: string): string {
  const body = `${key.slice(0, key.lastIndexOf('_'))}_${stranger().key.slice(-49, -6)}`;
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const checksum = [5, 4, 3, 2, 1, 0].map((place) => digits[Math.floor(crc32(body) / 62 ** place) % 62]);
  return body + checksum.join('');
}

describe('a key', () => {
  it('proves who is calling and what they may do', async () => {
    const { key, id } = await service.create({ ...APP, tenant: 'north', metadata: { depot: { floor: 2 } } });
    const { identity, ...rest } = await verifier.verify(key);
    expect(identity).toBeInstanceOf(AppIdentity);
    expect(identity).toMatchObject({ appId: 'depot', name: 'Depot Bern', keyId: id, tenant: 'north' });
    expect(identity).toMatchObject({ metadata: { depot: { floor: 2 } }, scopes: ['scans:write'] });
    expect([identity.hasScope('scans:write'), identity.hasScope('scans:read')]).toEqual([true, false]);
    expect(rest).toEqual({ keyId: id, networks: undefined, rateLimit: null, signatureKey: undefined });
  });

  it('brings its networks and its rate limit, ready to be used', async () => {
    const rateLimit = { requests: 5, windowSeconds: 60 };
    const { key } = await service.create({ ...APP, networks: ['10.1.2.3/8', '2001:db8::1'], rateLimit });
    const proven = await verifier.verify(key);
    expect(proven.rateLimit).toEqual(rateLimit);
    expect(proven.networks).toMatchObject([
      { text: '10.0.0.0/8', version: 4, prefixLength: 8 },
      { text: '2001:db8::1/128', version: 6, prefixLength: 128 },
    ]);
  });

  it('is looked up by one read, of its id', async () => {
    const { key, id } = await service.create(APP);
    expect(await asking(() => verifier.verify(key))).toEqual([`findById ${id}`]);
  });

  it('that was proven is answered at once, without a promise and without the store', async () => {
    const { key } = await service.create(APP);
    const proven = await verifier.verify(key);
    expect(await asking(() => expect(verifier.verify(key)).toBe(proven))).toEqual([]);
  });

  it('that was refused is refused at once, without the store', async () => {
    const { key } = stranger();
    const first = await refusal(key);
    expect(await asking(() => expect(() => verifier.verify(key)).toThrow(PortcullisError))).toEqual([]);
    expect((await refusal(key)).reason).toBe(first.reason);
  });

  it.each(['api-key', 'token'] as const)('is refused as what it was sent as: %s', async (kind) => {
    const code = kind === 'token' ? 'invalid_token' : 'invalid_api_key';
    const { key, id } = stranger();
    // From the store, from memory, and without either.
    for (const text of [key, key, 'garbage']) {
      expect(await refusal(text, kind)).toMatchObject({ code, challenge: [kind], status: 401 });
    }
    expect((await refusal(key, kind)).keyId).toBe(id);
  });
});

describe('the store is not asked', () => {
  const mistyped = (key: string) => key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
  it.each<[string, (key: string) => string]>([
    ['a wrong checksum', mistyped],
    ['another letter in the id', (key) => key.slice(0, 10) + (key[10] === 'a' ? 'b' : 'a') + key.slice(11)],
    ['the prefix of another service', () => new ApiKeyFormat('abc', 'live').create().key],
    ['another environment', () => new ApiKeyFormat('ptc', 'test').create().key],
    ['nothing', () => ''],
    ['garbage', () => 'garbage'],
    ['a letter missing', (key) => key.slice(1)],
    ['a space too many', (key) => `${key} `],
    ['a very long text', (key) => key.repeat(1_000)],
  ])('for %s, whether the right key is cached or not', async (_, spoil) => {
    const { key } = await service.create(APP);
    const bad = spoil(key);
    expect(await asking(() => refusal(bad))).toEqual([]);
    await verifier.verify(key);
    expect(await asking(() => refusal(bad))).toEqual([]);
    expect(() => verifier.verify(bad)).toThrow('malformed, unknown');
  });
});

describe('what is remembered', () => {
  it('of a proven key holds for cacheSeconds', async () => {
    start({ cacheSeconds: 30 });
    const { key } = await service.create(APP);
    await verifier.verify(key);
    now += 30 * SECOND - 1;
    expect(await asking(() => verifier.verify(key))).toEqual([]);
    now += 1;
    expect(await asking(() => verifier.verify(key))).toHaveLength(1);
  });

  it('of a refused key holds for refusalCacheSeconds', async () => {
    start({ refusalCacheSeconds: 10 });
    const { key } = stranger();
    await refusal(key);
    now += 10 * SECOND - 1;
    expect(await asking(() => refusal(key))).toEqual([]);
    now += 1;
    expect(await asking(() => refusal(key))).toHaveLength(1);
  });

  it('is no more than cacheSize proven and cacheSize refused keys', async () => {
    start({ cacheSize: 2 });
    const keys = [await service.create(APP), await service.create(APP), await service.create(APP)];
    for (const { key } of keys) await verifier.verify(key);
    expect(await asking(() => verifier.verify(keys[2]!.key))).toEqual([]);
    expect(await asking(() => verifier.verify(keys[1]!.key))).toEqual([]);
    expect(await asking(() => verifier.verify(keys[0]!.key))).toHaveLength(1);
    const strangers = [stranger(), stranger(), stranger()];
    for (const { key } of strangers) await refusal(key);
    expect(await asking(() => refusal(strangers[2]!.key))).toEqual([]);
    expect(await asking(() => refusal(strangers[1]!.key))).toEqual([]);
    expect(await asking(() => refusal(strangers[0]!.key))).toHaveLength(1);
  });

  it('of refused keys drives out no proven one', async () => {
    start({ cacheSize: 2 });
    const { key } = await service.create(APP);
    await verifier.verify(key);
    for (let count = 0; count < 10; count++) await refusal(stranger().key);
    expect(await asking(() => verifier.verify(key))).toEqual([]);
  });

  it('of a proven key does not outlive its expiry', async () => {
    start({ cacheSeconds: 3_600 });
    const { key } = await service.create({ ...APP, lifetimeSeconds: 60 });
    await verifier.verify(key);
    now += 60 * SECOND - 1;
    expect((await verifier.verify(key)).identity.hasScope('scans:write')).toBe(true);
    now += 1;
    expect((await refusal(key)).reason).toContain('expired');
  });

  it('of a key that does not work yet does not outlive its beginning', async () => {
    start({ refusalCacheSeconds: 3_600 });
    const { key, id } = await service.create({ ...APP, notBefore: START + 60 * SECOND });
    expect((await refusal(key)).reason).toContain('pending');
    now += 60 * SECOND - 1;
    expect(await asking(() => refusal(key))).toEqual([]);
    now += 1;
    expect((await verifier.verify(key)).keyId).toBe(id);
  });

  it('of a key is not touched by a wrong secret, which neither drives it out nor poisons it', async () => {
    const { key } = await service.create(APP);
    const forgery = forged(key);
    expect((await refusal(forgery)).reason).toContain('its secret is wrong');
    const proven = await verifier.verify(key);
    for (let count = 0; count < 3; count++) {
      expect((await refusal(forgery)).code).toBe('invalid_api_key');
      await refusal(forged(key));
      expect(verifier.verify(key)).toBe(proven);
    }
  });

  it('of a wrong secret is not forgotten when the right key is proven', async () => {
    const { key } = await service.create(APP);
    const forgery = forged(key);
    await refusal(forgery);
    await verifier.verify(key);
    expect(await asking(() => refusal(forgery))).toEqual([]);
  });
});

describe('a change of a key holds at once, also for one that is remembered:', () => {
  const rotate = (id: string, rotation: Partial<ApiKeyRotation> = {}) =>
    service.rotate(id, { overlapSeconds: 0, ...rotation });

  it.each<[string, (id: string) => Promise<unknown>, string]>([
    ['its revocation', (id) => service.revoke(id), 'revoked'],
    ["the revocation of all its app's keys", () => service.revokeAllOf({ appId: 'depot' }), 'revoked'],
    ['its being disabled', (id) => service.disable(id), 'disabled'],
    ['its replacement without overlap', (id) => rotate(id), 'expired'],
  ])('%s', async (_, change, state) => {
    const { key, id } = await service.create(APP);
    const other = await service.create({ ...APP, appId: 'other' });
    await verifier.verify(key);
    const proven = await verifier.verify(other.key);
    await change(id);
    expect((await refusal(key)).reason).toContain(state);
    expect(verifier.verify(other.key)).toBe(proven);
  });

  it('the end of its overlap', async () => {
    start({ cacheSeconds: 3_600 });
    const { key, id } = await service.create(APP);
    await verifier.verify(key);
    await rotate(id, { overlapSeconds: 60 });
    expect((await verifier.verify(key)).keyId).toBe(id);
    now += 60 * SECOND;
    expect((await refusal(key)).reason).toContain('expired');
  });

  it('its being enabled', async () => {
    const { key, id } = await service.create(APP);
    await service.disable(id);
    expect((await refusal(key)).reason).toContain('disabled');
    await service.enable(id);
    expect((await verifier.verify(key)).keyId).toBe(id);
  });

  it('one that the store may have made although it failed', async () => {
    const keys = [await service.create(APP), await service.create(APP)];
    for (const { key } of keys) await verifier.verify(key);
    const { revoke } = store;
    store.revoke = async (...revocation) => {
      await revoke.apply(store, revocation);
      throw new Error('connection lost');
    };
    await expect(service.revokeAllOf({ appId: 'depot' })).rejects.toMatchObject({
      reason: expect.stringContaining('connection lost'),
    });
    // Which keys it was about is not known, so nothing is taken from memory.
    for (const { key } of keys) expect((await refusal(key)).reason).toContain('revoked');
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['revoke it', (id) => service.revoke(id)],
    ['disable it', (id) => service.disable(id)],
    ['rotate it', (id) => service.rotate(id, { overlapSeconds: 0 }).catch(() => {})],
  ])('one that another instance has made, when somebody wants to %s here, too', async (_, change) => {
    const { key, id } = await service.create(APP);
    await verifier.verify(key);
    await store.revoke({ id }, now, null);
    await change(id);
    expect((await refusal(key)).reason).toContain('revoked');
  });

  it('one that failed, while what is known of other keys stays', async () => {
    const [one, other] = [await service.create(APP), await service.create(APP)];
    await verifier.verify(other.key);
    store.revoke = () => Promise.reject(new Error('read-only'));
    await expect(service.revoke(one.id)).rejects.toMatchObject({
      reason: expect.stringContaining('read-only'),
    });
    expect(verifier.verify(other.key)).not.toBeInstanceOf(Promise);
  });

  it('one by another instance as soon as what is remembered is stale', async () => {
    const { key, id } = await service.create(APP);
    await verifier.verify(key);
    const here = verifier;
    start();
    await service.revoke(id);
    verifier = here;
    expect(await asking(() => verifier.verify(key))).toEqual([]);
    now += 30 * SECOND;
    expect((await refusal(key)).reason).toContain('revoked');
  });
});

describe('a store out of order', () => {
  it('makes a key temporarily unavailable, which is not remembered', async () => {
    const { key, id } = await service.create(APP);
    store.isDown = true;
    for (let count = 0; count < 2; count++) {
      expect(await refusal(key)).toMatchObject({
        code: 'temporarily_unavailable',
        status: 503,
        retryAfterSeconds: 1,
        challenge: [],
      });
    }
    store.isDown = false;
    expect((await verifier.verify(key)).keyId).toBe(id);
  });

  it('does not disturb a key that is remembered', async () => {
    const { key } = await service.create(APP);
    const proven = await verifier.verify(key);
    store.isDown = true;
    expect(verifier.verify(key)).toBe(proven);
  });

  it('that throws instead of rejecting is out of order too', async () => {
    const { key } = await service.create(APP);
    store.findById = () => {
      throw new Error('not connected');
    };
    expect((await refusal(key)).code).toBe('temporarily_unavailable');
  });
});

describe('a key that was hashed under another pepper', () => {
  const hashOf = async (id: string) => (await store.findById(id))?.hash;

  it.each([
    ['none', [], [PEPPER]],
    ['the one before', [OTHER_PEPPER], [PEPPER, OTHER_PEPPER]],
  ])('(%s) works, and is hashed anew by its first use alone', async (_, before, peppers) => {
    start({ peppers: before });
    const { key, id } = await service.create(APP);
    const old = await hashOf(id);
    start({ peppers });
    await refusal(forged(key));
    expect(await hashOf(id)).toBe(old);
    expect(await asking(() => verifier.verify(key))).toEqual([`findById ${id}`, 'rehash']);
    expect(await hashOf(id)).toBe(verifier.hasher.hash(key));
    expect(await hashOf(id)).not.toBe(old);
    verifier.forgetAll();
    expect(await asking(() => verifier.verify(key))).toEqual([`findById ${id}`]);
    start({ peppers: [PEPPER] });
    expect((await verifier.verify(key)).keyId).toBe(id);
  });

  it('that is no longer known does not work', async () => {
    start({ peppers: [OTHER_PEPPER] });
    const { key } = await service.create(APP);
    start({ peppers: [PEPPER] });
    expect((await refusal(key)).reason).toContain('its secret is wrong');
  });

  it.each<[string, () => Promise<void>]>([
    ['rejects', () => Promise.reject(new Error('read-only'))],
    [
      'throws',
      () => {
        throw new Error('read-only');
      },
    ],
  ])('works where the store %s when it should be hashed anew', async (_, rehash) => {
    const { key, id } = await service.create(APP);
    start({ peppers: [PEPPER] });
    store.rehash = rehash;
    expect((await verifier.verify(key)).keyId).toBe(id);
  });
});

it('nothing tells unknown, revoked, expired, disabled, pending and wrong keys apart', async () => {
  const [revoked, expired, disabled, pending, good] = await Promise.all([
    service.create(APP),
    service.create({ ...APP, lifetimeSeconds: 1 }),
    service.create(APP),
    service.create({ ...APP, notBefore: START + 3_600 * SECOND }),
    service.create(APP),
  ]);
  await service.revoke(revoked.id);
  await service.disable(disabled.id);
  now += SECOND;
  const keys = [stranger().key, revoked.key, expired.key, disabled.key, pending.key, forged(good.key)];
  const seen = new Set<string>();
  const reasons = new Set<string>();
  for (const key of keys) {
    const asked = await asking(() => refusal(key));
    const error = await refusal(key);
    const { code, challenge, status, title, detail, scope, retryAfterSeconds } = Object.assign(error, {
      status: error.getStatus(),
    });
    reasons.add(error.reason.replace(/ \(.*/, ''));
    const kinds = asked.map((call) => call.split(' ')[0]);
    seen.add(
      JSON.stringify([
        kinds,
        code,
        challenge,
        status,
        title,
        detail,
        scope,
        retryAfterSeconds,
        error.getResponse(),
      ]),
    );
  }
  expect([...seen]).toHaveLength(1);
  expect([...seen][0]).toContain('["findById"],"invalid_api_key"');
  // The operator sees which it was.
  expect(reasons.size).toBe(5);
});

describe('recognising a key', () => {
  it('is for whatever state it is in, and changes nothing', async () => {
    const { key, id } = await service.create(APP);
    await service.revoke(id);
    expect(await verifier.recognise(key)).toMatchObject({ id, revokedAt: START });
    expect(await asking(() => refusal(key))).toHaveLength(1);
  });

  it('is not for a wrong secret, an unknown key and what is no key', async () => {
    const { key } = await service.create(APP);
    for (const text of [forged(key), stranger().key, key.slice(1), '']) {
      expect(await verifier.recognise(text)).toBeUndefined();
    }
  });
});
