import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { crc32 } from 'node:zlib';
import { PortcullisError } from '../errors.js';
import { type SecurityEvent, SecurityEvents } from '../events/security-events.js';
import { AppIdentity } from '../identity/identity.js';
import { type PortcullisOptions, resolveOptions } from '../portcullis.options.js';
import { MemoryApiKeyStore } from '../stores/memory/memory-api-key.store.js';
import { MemoryBanStore } from '../stores/memory/memory-ban.store.js';
import { MemoryRevocationStore } from '../stores/memory/memory-revocation.store.js';
import { ApiKeyFormat } from './api-key.format.js';
import { ApiKeyService } from './api-key.service.js';
import type { ApiKeyRecord } from './api-key.store.js';

const SECOND = 1_000;
const START = Date.UTC(2030, 0, 1);
const APP = { appId: 'depot', name: 'Depot Bern', scopes: ['scans:write'], lifetimeSeconds: null };

/** Counts reads, and can hold one open or fail. */
class WatchedStore extends MemoryApiKeyStore {
  reads = 0;
  beforeAnswer: Promise<void> | undefined;

  override async findById(id: string): Promise<ApiKeyRecord | undefined> {
    this.reads++;
    const held = this.beforeAnswer;
    this.beforeAnswer = undefined;
    const record = await super.findById(id);
    await held;
    return record;
  }

  /** The next read sees the store as it is then, and answers when the returned function is called. */
  holdNextRead(): () => void {
    let release = () => {};
    this.beforeAnswer = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }
}

let now: number;
let store: WatchedStore;
let events: SecurityEvent[];
let service: ApiKeyService;
beforeEach(() => {
  now = START;
  store = new WatchedStore();
  events = [];
  service = serviceWith();
});

function serviceWith(apiKeys: PortcullisOptions['apiKeys'] = {}): ApiKeyService {
  const stores = { apiKeys: store, bans: new MemoryBanStore(), revocations: new MemoryRevocationStore() };
  const stream = new SecurityEvents();
  stream.subscribe((event) => events.push(event));
  return new ApiKeyService(resolveOptions({ apiKeys, now: () => now }, stores), stream);
}

/** What `identify` throws, at once or later. */
async function refusal(key: string): Promise<PortcullisError> {
  try {
    await service.identify(key);
  } catch (error) {
    if (error instanceof PortcullisError) return error;
    throw error;
  }
  throw new Error('the key was let in');
}

/** Every run of eight letters of the key's secret part. */
function secretPieces(key: string): string[] {
  const secret = key.slice(key.lastIndexOf('_') + 1);
  return Array.from({ length: secret.length - 7 }, (_, at) => secret.slice(at, at + 8));
}
const leaksOf = (key: string, ...things: unknown[]) =>
  secretPieces(key).filter((piece) => inspect(things, { depth: 9, showHidden: true }).includes(piece));

/** A key of the right form that was never made here. */
const stranger = () => new ApiKeyFormat('ptc', 'live').create().key;
/** The id of one key with the secret of another, and the checksum that fits: what only a forger makes. */
function forged(key: string): string {
  const body = `${key.slice(0, key.lastIndexOf('_'))}_${stranger().slice(-49, -6)}`;
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const checksum = [5, 4, 3, 2, 1, 0].map((place) => digits[Math.floor(crc32(body) / 62 ** place) % 62]);
  return body + checksum.join('');
}

describe('creating a key', () => {
  it('shows the key once, and keeps only its hash', async () => {
    const { key, ...info } = await service.create(APP);
    const record = await store.findById(info.id);
    expect(record).toEqual({ ...info, hash: createHash('sha256').update(key).digest('base64url') });
    expect(leaksOf(key, record, await service.list(), events)).toEqual([]);
  });

  it('says for whom, what it may and how long', async () => {
    expect(
      await service.create({ ...APP, scopes: ['a:1', 'a:1', 'b:*'], lifetimeSeconds: 60 }),
    ).toMatchObject({
      appId: 'depot',
      name: 'Depot Bern',
      scopes: ['a:1', 'b:*'],
      createdAt: START,
      expiresAt: START + 60 * SECOND,
      revokedAt: null,
    });
    expect(await service.create({ appId: 'a', name: 'b', lifetimeSeconds: null })).toMatchObject({
      scopes: [],
      expiresAt: null,
    });
  });

  it('is told with its actor, where there is one', async () => {
    const one = await service.create({ ...APP, actor: 'ann' });
    const other = await service.create(APP);
    expect(events).toEqual([
      { type: 'api-key.created', keyId: one.id, appId: 'depot', actor: 'ann' },
      { type: 'api-key.created', keyId: other.id, appId: 'depot' },
    ]);
  });

  it.each(['', 'a b', '*', ':*', 'parcels:**'])('refuses the scope %j', async (scope) => {
    await expect(service.create({ ...APP, scopes: ['a:1', scope] })).rejects.toThrow(TypeError);
    expect(await store.list()).toEqual([]);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses a lifetime of %d seconds',
    async (seconds) => {
      await expect(service.create({ ...APP, lifetimeSeconds: seconds })).rejects.toThrow(TypeError);
    },
  );

  it('that the store does not take is not told', async () => {
    store.insert = () => Promise.reject(new Error('store is down'));
    await expect(service.create(APP)).rejects.toThrow('store is down');
    expect(events).toEqual([]);
  });
});

describe('proving a key', () => {
  it('answers who is calling and with what scopes', async () => {
    const { key, id } = await service.create(APP);
    const identity = await service.identify(key);
    expect(identity).toBeInstanceOf(AppIdentity);
    expect(identity).toMatchObject({ kind: 'app', appId: 'depot', name: 'Depot Bern', keyId: id });
    expect([identity.hasScope('scans:write'), identity.hasScope('scans:read')]).toEqual([true, false]);
  });

  it('is synchronous for a key that was proven before, and reads no store', async () => {
    const { key } = await service.create(APP);
    const proven = await service.identify(key);
    expect(store.reads).toBe(1);
    expect(service.identify(key)).toBe(proven);
    expect(store.reads).toBe(1);
  });

  it('asks the store again when the cached answer is stale', async () => {
    service = serviceWith({ cacheSeconds: 30 });
    const { key } = await service.create(APP);
    await service.identify(key);
    now += 30 * SECOND - 1;
    expect(service.identify(key)).not.toBeInstanceOf(Promise);
    now += 1;
    expect(service.identify(key)).toBeInstanceOf(Promise);
    expect(store.reads).toBe(2);
  });

  it('remembers no more keys than it is told to', async () => {
    service = serviceWith({ cacheSize: 1 });
    const [one, other] = [await service.create(APP), await service.create(APP)];
    await service.identify(one.key);
    await service.identify(other.key);
    expect(service.identify(other.key)).not.toBeInstanceOf(Promise);
    expect(service.identify(one.key)).toBeInstanceOf(Promise);
  });

  it('refuses a wrong checksum, another environment and garbage without any store read', async () => {
    const { key } = await service.create(APP);
    const mistyped = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
    const foreign = new ApiKeyFormat('ptc', 'test').create().key;
    for (const text of [mistyped, foreign, '', 'garbage', key.slice(1), `${key} `]) {
      expect((await refusal(text)).code).toBe('invalid_api_key');
    }
    expect(store.reads).toBe(0);
  });

  it('refuses an unknown key', async () => {
    const error = await refusal(stranger());
    expect(error).toMatchObject({ code: 'invalid_api_key', challenge: ['api-key'] });
  });

  it('refuses a secret that does not belong to the id, whether the key is cached or not', async () => {
    const { key } = await service.create(APP);
    expect((await refusal(forged(key))).reason).toContain('its secret is wrong');
    const identity = await service.identify(key);
    expect((await refusal(forged(key))).code).toBe('invalid_api_key');
    expect(service.identify(key)).toBe(identity);
  });

  it('works before the expiry, not at it', async () => {
    const { key } = await service.create({ ...APP, lifetimeSeconds: 60 });
    now += 60 * SECOND - 1;
    expect((await service.identify(key)).appId).toBe('depot');
    now += 1;
    expect((await refusal(key)).reason).toContain('expired');
  });

  it('does not outlive the expiry in the cache', async () => {
    service = serviceWith({ cacheSeconds: 3_600 });
    const { key } = await service.create({ ...APP, lifetimeSeconds: 60 });
    await service.identify(key);
    now += 60 * SECOND;
    expect((await refusal(key)).code).toBe('invalid_api_key');
  });
});

describe('revoking a key', () => {
  it('holds at once, also for a cached key', async () => {
    const { key, id } = await service.create(APP);
    await service.identify(key);
    expect(await service.revoke(id, 'ann')).toBe(true);
    expect((await refusal(key)).reason).toContain('revoked');
    expect((await store.findById(id))?.revokedAt).toBe(START);
    expect(events.at(-1)).toEqual({ type: 'api-key.revoked', keyId: id, appId: 'depot', actor: 'ann' });
  });

  it('leaves other keys of the same app alone', async () => {
    const [one, other] = [await service.create(APP), await service.create(APP)];
    await service.revoke(one.id);
    expect((await service.identify(other.key)).keyId).toBe(other.id);
  });

  it('holds for a check that was under way as well: it refuses the key', async () => {
    const { key, id } = await service.create(APP);
    const release = store.holdNextRead();
    const underWay = refusal(key);
    await service.revoke(id);
    release();
    expect((await underWay).reason).toContain('revoked');
  });

  it('is not undone by a check that was under way: it leaves nothing in the cache', async () => {
    const { key, id } = await service.create(APP);
    const release = store.holdNextRead();
    const underWay = Promise.resolve(service.identify(key));
    await service.revoke(id);
    release();
    await Promise.allSettled([underWay]);
    expect((await refusal(key)).reason).toContain('revoked');
  });

  it('twice, or of an unknown key, is false and not told', async () => {
    const { id } = await service.create(APP);
    await service.revoke(id);
    const told = events.length;
    expect(await service.revoke(id)).toBe(false);
    expect(await service.revoke('unknown')).toBe(false);
    expect(events).toHaveLength(told);
  });

  it('by several operators at the same time is told once', async () => {
    const { id } = await service.create(APP);
    const answers = await Promise.all([service.revoke(id), service.revoke(id), service.revoke(id)]);
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'api-key.revoked')).toHaveLength(1);
  });

  it('elsewhere, by another instance, holds as soon as the cached answer is stale', async () => {
    const { key, id } = await service.create(APP);
    await service.identify(key);
    await serviceWith().revoke(id);
    now += 30 * SECOND;
    expect((await refusal(key)).reason).toContain('revoked');
  });
});

describe('a store out of order', () => {
  it('makes a key temporarily unavailable, which is neither let in nor remembered', async () => {
    const { key } = await service.create(APP);
    const { findById } = store;
    store.findById = () => Promise.reject(new Error('connection refused'));
    expect(await refusal(key)).toMatchObject({
      code: 'temporarily_unavailable',
      retryAfterSeconds: 1,
      challenge: [],
    });
    store.findById = findById;
    expect(service.identify(key)).toBeInstanceOf(Promise);
  });

  it('does not disturb a key that is cached', async () => {
    const { key } = await service.create(APP);
    await service.identify(key);
    store.findById = () => Promise.reject(new Error('connection refused'));
    expect(service.identify(key)).toBeInstanceOf(AppIdentity);
  });

  it('that throws instead of rejecting is out of order too', async () => {
    const { key } = await service.create(APP);
    store.findById = () => {
      throw new Error('not connected');
    };
    expect((await refusal(key)).code).toBe('temporarily_unavailable');
  });
});

it('no error and no event ever holds the key', async () => {
  const { key, id } = await service.create({ ...APP, lifetimeSeconds: 60 });
  const mistyped = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
  const told: unknown[] = [await refusal(mistyped), await refusal(`${key} `)];
  const forgery = forged(key);
  told.push(await refusal(forgery));
  now += 60 * SECOND;
  told.push(await refusal(key));
  await service.revoke(id);
  told.push(await refusal(key));
  store.findById = () => Promise.reject(new Error('connection refused'));
  told.push(await refusal(key));
  expect(leaksOf(key, told, events)).toEqual([]);
  expect(leaksOf(forgery, told, events)).toEqual([]);
});

it('a list shows everything but hashes, newest first', async () => {
  const one = await service.create({ ...APP, name: 'one' });
  now += 1;
  const { key: _, ...other } = await service.create({ ...APP, name: 'other' });
  await service.revoke(one.id);
  const list = await service.list();
  expect(list.map(({ name }) => name)).toEqual(['other', 'one']);
  expect(list[0]).toEqual(other);
  expect(list.some((info) => 'hash' in info)).toBe(false);
});
