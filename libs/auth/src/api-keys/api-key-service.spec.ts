import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import type { SecurityEvent } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { Replicator } from '../replication/replicator.js';
import { MemoryApiKeyStore } from '../stores/memory/memory-api-key.store.js';
import { ApiKeyFormat } from './api-key-format.js';
import type { ApiKeyFilter } from './api-key-listing.js';
import type { CreatedApiKey } from './api-key-making.js';
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
const ANN: NewApiKey = { issuer: 'https://i.example', subject: 'ann', name: 'script' };
const WHO = { actor: 'root', address: '192.0.2.1' };

let now: number;
let store: MemoryApiKeyStore;
let events: SecurityEvent[];
let verifier: ApiKeyVerifier;
let service: ApiKeyService;
beforeEach(() => {
  now = START;
  store = new MemoryApiKeyStore();
  events = [];
  start();
});

function start(apiKeys: PortcullisOptions['apiKeys'] = {}): void {
  const stores = memoryStores({ apiKeys: store });
  const options = resolveOptions({ apiKeys, now: () => now }, stores);
  const stream = new SecurityEvents();
  stream.subscribe((event) => events.push(event));
  verifier = new ApiKeyVerifier(
    options,
    new LegacyAdoption(options, stream),
    new Replicator(options, stream, CHANGES),
  );
  service = new ApiKeyService(options, stream, verifier, new Replicator(options, stream, CHANGES));
}

/** Every run of eight letters of the key's secret part. */
function secretPieces(key: string): string[] {
  const secret = key.slice(key.lastIndexOf('_') + 1);
  return Array.from({ length: secret.length - 7 }, (_, at) => secret.slice(at, at + 8));
}
const leaksOf = (key: string, ...things: unknown[]) =>
  secretPieces(key).filter((piece) => inspect(things, { depth: 9, showHidden: true }).includes(piece));

/** The events that are emitted while something is done. */
async function emittedBy(act: () => Promise<unknown>): Promise<SecurityEvent[]> {
  events.length = 0;
  await act();
  return [...events];
}

const isProven = (key: string) =>
  Promise.resolve()
    .then(() => verifier.verify(key))
    .then(
      () => true,
      () => false,
    );
const infoOf = ({ key: _, ...info }: CreatedApiKey) => info;

describe('creating a key', () => {
  it('shows the key once, and keeps only its hash', async () => {
    const { key, publicKeyThumbprint, ...info } = await service.create(APP);
    const record = await store.findById(info.id);
    expect(publicKeyThumbprint).toBeNull();
    expect(record).toEqual({
      ...info,
      publicKey: null,
      hash: createHash('sha256').update(key).digest('base64url'),
    });
    expect(leaksOf(key, record, await service.list(), await service.find(info.id), events)).toEqual([]);
    expect(await isProven(key)).toBe(true);
  });

  it('is for the time that the options say where nothing else is said', async () => {
    start({ lifetimeSeconds: 60 });
    expect((await service.create({ appId: 'a', name: 'b' })).expiresAt).toBe(START + 60 * SECOND);
    start({ lifetimeSeconds: 'never' });
    expect((await service.create({ appId: 'a', name: 'b' })).expiresAt).toBeNull();
  });

  it('is emitted with who did it, as far as that is known, and whose it is', async () => {
    let id = '';
    const create = async (more: object) => {
      ({ id } = await service.create({ ...APP, ...more }));
    };
    const fact = { type: 'api-key.created', appId: 'depot' };
    expect(await emittedBy(() => create(WHO))).toEqual([{ ...fact, keyId: id, ...WHO }]);
    expect(await emittedBy(() => create({ actor: 'root' }))).toEqual([{ ...fact, keyId: id, actor: 'root' }]);
    expect(await emittedBy(() => create({}))).toEqual([{ ...fact, keyId: id }]);
    const ofAnn = await emittedBy(() => service.create(ANN));
    expect(ofAnn).toEqual([{ type: 'api-key.created', keyId: expect.any(String), subject: 'ann' }]);
  });

  it('that makes no sense, or is not to be handed out, makes nothing and is not emitted', async () => {
    await expect(service.create({ ...APP, scopes: ['a b'] })).rejects.toThrow(TypeError);
    const refused = service.create({ ...APP, grantable: ['parcels:*'] });
    await expect(refused).rejects.toMatchObject({ code: 'ungrantable_scope' });
    expect(await service.list()).toEqual({ keys: [] });
    expect(events).toEqual([]);
  });

  it('that the store does not take is not emitted', async () => {
    store.insert = () => Promise.reject(new Error('store is down'));
    await expect(service.create(APP)).rejects.toMatchObject({
      reason: expect.stringContaining('store is down'),
    });
    expect(events).toEqual([]);
  });

  it('makes what the pattern finds', async () => {
    start({ prefix: 'parcel', environment: 'test' });
    const { key } = await service.create(APP);
    expect(`x ${key} y`.match(service.pattern)).toEqual([key]);
    expect(new ApiKeyFormat('parcel', 'live').create().key.match(service.pattern)).toBeNull();
  });
});

describe('listing keys', () => {
  it('shows everything but hashes, newest first', async () => {
    const one = await service.create(APP);
    now += 1;
    const other = await service.create({ ...APP, name: 'other' });
    expect(await service.list()).toEqual({ keys: [infoOf(other), infoOf(one)] });
    expect(await service.find(one.id)).toEqual(infoOf(one));
    expect(await service.find('unknown')).toBeUndefined();
  });

  it.each<[ApiKeyFilter, string[]]>([
    [{}, ['active', 'pending', 'disabled', 'expired', 'revoked', 'ann', 'ann elsewhere']],
    [{ appId: 'depot' }, ['active', 'disabled', 'expired', 'revoked']],
    [{ appId: 'shop' }, ['pending']],
    [{ appId: 'nobody' }, []],
    [{ subject: 'ann' }, ['ann', 'ann elsewhere']],
    [{ issuer: 'https://i.example', subject: 'ann' }, ['ann']],
    [{ owner: 'eve' }, ['disabled', 'expired']],
    [{ tenant: 'north' }, ['expired']],
    [{ state: 'active' }, ['active', 'ann', 'ann elsewhere']],
    [{ state: 'pending' }, ['pending']],
    [{ state: 'disabled' }, ['disabled']],
    [{ state: 'expired' }, ['expired']],
    [{ state: 'revoked' }, ['revoked']],
    [{ appId: 'depot', owner: 'eve', state: 'disabled' }, ['disabled']],
    [{ appId: 'shop', state: 'active' }, []],
  ])('that match %j', async (filter, names) => {
    await service.create({ ...APP, name: 'active' });
    await service.create({ ...APP, name: 'pending', appId: 'shop', notBefore: START + 3_600 * SECOND });
    const disabled = await service.create({ ...APP, name: 'disabled', owner: 'eve' });
    await service.disable(disabled.id);
    await service.create({ ...APP, name: 'expired', owner: 'eve', tenant: 'north', lifetimeSeconds: 1 });
    const revoked = await service.create({ ...APP, name: 'revoked' });
    await service.revoke(revoked.id);
    await service.create({ ...ANN, name: 'ann' });
    await service.create({ ...ANN, name: 'ann elsewhere', issuer: 'https://other.example' });
    now += SECOND;
    const { keys } = await service.list(filter);
    expect(keys.map(({ name }) => name).sort()).toEqual([...names].sort());
  });

  it('page by page meets each once, also those made in the same moment, and whatever comes meanwhile', async () => {
    for (let count = 0; count < 10; count++) {
      await service.create({ ...APP, name: String(count) });
      if (count % 3 === 0) now += 1;
    }
    const all = (await service.list()).keys;
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await service.list({ limit: 3, appId: 'depot', ...(cursor !== undefined && { cursor }) });
      seen.push(...page.keys.map(({ id }) => id));
      cursor = page.nextCursor;
      now += 1;
      await service.create(APP);
    } while (cursor !== undefined);
    expect(seen).toEqual(all.map(({ id }) => id));
  });

  it('names no next page after a last one that is full', async () => {
    for (let count = 0; count < 4; count++) await service.create(APP);
    const { nextCursor } = await service.list({ limit: 2 });
    const last = await service.list({ limit: 2, cursor: nextCursor! });
    expect(last.keys).toHaveLength(2);
    expect(last).not.toHaveProperty('nextCursor');
  });

  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  it.each([
    '',
    'x',
    '!',
    encoded(null),
    encoded({}),
    encoded([]),
    encoded([1]),
    encoded(['1', 'a']),
    encoded([1, 2]),
    encoded('ab'),
  ])('refuses the cursor %j', async (cursor) => {
    await expect(service.list({ cursor })).rejects.toThrow(
      new TypeError('cursor must be the nextCursor of a page'),
    );
  });

  it.each([0, -1, 1.5, 1_001, Number.NaN, '10'])('refuses the limit %p', async (limit) => {
    await expect(service.list({ limit: limit as number })).rejects.toThrow(TypeError);
  });

  it('shows 100 where no limit is named', async () => {
    for (let count = 0; count < 101; count++) await service.create(APP);
    const { keys, nextCursor } = await service.list();
    expect(keys).toHaveLength(100);
    expect((await service.list({ cursor: nextCursor! })).keys).toHaveLength(1);
    expect((await service.list({ limit: 1_000 })).keys).toHaveLength(101);
  });
});

describe('revoking a key', () => {
  it('ends it for ever, and says why and by whom', async () => {
    const { key, id } = await service.create(APP);
    const emitted = await emittedBy(() => service.revoke(id, { reason: 'left', ...WHO }));
    expect(emitted).toEqual([{ type: 'api-key.revoked', keyId: id, appId: 'depot', reason: 'left', ...WHO }]);
    expect(await service.find(id)).toMatchObject({ revokedAt: START, revokedReason: 'left' });
    expect(await service.enable(id)).toBe(false);
    expect(await isProven(key)).toBe(false);
  });

  it('needs neither a reason nor a name', async () => {
    const { id } = await service.create(ANN);
    expect(await emittedBy(() => service.revoke(id))).toEqual([
      { type: 'api-key.revoked', keyId: id, subject: 'ann' },
    ]);
    expect((await service.find(id))?.revokedReason).toBeNull();
  });

  it('twice, or an unknown one, is false and not emitted', async () => {
    const { id } = await service.create(APP);
    expect(await service.revoke(id, { reason: 'first' })).toBe(true);
    now += 1;
    expect(await emittedBy(() => service.revoke(id, { reason: 'second' }))).toEqual([]);
    expect(await service.revoke(id)).toBe(false);
    expect(await service.revoke('unknown')).toBe(false);
    expect(await service.find(id)).toMatchObject({ revokedAt: START, revokedReason: 'first' });
  });

  it('by several operators at the same time is emitted once', async () => {
    const { id } = await service.create(APP);
    const answers: boolean[] = [];
    const revoke = async () => answers.push(await service.revoke(id));
    expect(await emittedBy(() => Promise.all([revoke(), revoke(), revoke()]))).toHaveLength(1);
    expect(answers.filter(Boolean)).toHaveLength(1);
  });

  it('that the store refuses is not emitted', async () => {
    const { id } = await service.create(APP);
    store.revoke = () => Promise.reject(new Error('store is down'));
    expect(
      await emittedBy(() =>
        expect(service.revoke(id)).rejects.toMatchObject({
          reason: expect.stringContaining('store is down'),
        }),
      ),
    ).toEqual([]);
  });
});

describe("revoking all of somebody's keys", () => {
  it('ends those of the app that still can be, and emits each', async () => {
    const [one, two, dead] = [
      await service.create(APP),
      await service.create(APP),
      await service.create(APP),
    ];
    const other = await service.create({ ...APP, appId: 'shop' });
    await service.disable(two.id);
    await service.revoke(dead.id);
    let count = 0;
    const emitted = await emittedBy(async () => {
      count = await service.revokeAllOf({ appId: 'depot' }, { reason: 'closed', ...WHO });
    });
    expect(count).toBe(2);
    const fact = { type: 'api-key.revoked', appId: 'depot', reason: 'closed', ...WHO };
    expect(emitted).toHaveLength(2);
    expect(emitted).toEqual(expect.arrayContaining([one, two].map(({ id }) => ({ ...fact, keyId: id }))));
    expect(await isProven(other.key)).toBe(true);
    expect(await service.revokeAllOf({ appId: 'depot' })).toBe(0);
  });

  it('ends those of the user, and not those of a namesake of another issuer', async () => {
    const mine = await service.create(ANN);
    const elsewhere = await service.create({ ...ANN, issuer: 'https://other.example' });
    const namesake = await service.create({ ...APP, appId: 'ann' });
    expect(await service.revokeAllOf({ issuer: 'https://i.example', subject: 'ann' })).toBe(1);
    const alive = await Promise.all([mine, elsewhere, namesake].map(({ key }) => isProven(key)));
    expect(alive).toEqual([false, true, true]);
  });
});

describe('revoking a key that was found', () => {
  it('ends it, given the key itself, and answers what it is now', async () => {
    const { key, id } = await service.create(APP);
    let found: unknown;
    const emitted = await emittedBy(async () => {
      found = await service.revokeLeaked(key, WHO);
    });
    expect(emitted).toEqual([
      { type: 'api-key.revoked', keyId: id, appId: 'depot', reason: 'leaked', ...WHO },
    ]);
    expect(found).toEqual(await service.find(id));
    expect(found).toMatchObject({ id, revokedAt: START, revokedReason: 'leaked' });
    expect(leaksOf(key, found, emitted)).toEqual([]);
    expect(await isProven(key)).toBe(false);
  });

  it('answers one that was revoked before, and does not emit it again', async () => {
    const { key, id } = await service.create(APP);
    await service.revoke(id, { reason: 'left' });
    let found: unknown;
    const emitted = await emittedBy(async () => {
      found = await service.revokeLeaked(key);
    });
    expect(found).toMatchObject({ id, revokedReason: 'left' });
    expect(emitted).toEqual([]);
  });

  it('ends one that is disabled or expired too, so that it never works again', async () => {
    const { key, id } = await service.create({ ...APP, lifetimeSeconds: 1 });
    await service.disable(id);
    now += SECOND;
    expect(await service.revokeLeaked(key)).toMatchObject({ id, revokedReason: 'leaked' });
  });

  it('leaves everything alone for a text that is none of our keys', async () => {
    const { key, id } = await service.create(APP);
    const strangers = [new ApiKeyFormat('ptc', 'live').create().key, key.slice(1), `${key} `, id, ''];
    for (const text of strangers) {
      const emitted = await emittedBy(async () => expect(await service.revokeLeaked(text)).toBeUndefined());
      expect(emitted).toEqual([]);
    }
    expect(await isProven(key)).toBe(true);
  });
});

describe('disabling a key', () => {
  it('refuses it until it is enabled again, and emits both', async () => {
    const { key, id } = await service.create(APP);
    expect(await emittedBy(() => service.disable(id, WHO))).toEqual([
      { type: 'api-key.disabled', keyId: id, appId: 'depot', ...WHO },
    ]);
    expect((await service.find(id))?.disabledAt).toBe(START);
    expect(await isProven(key)).toBe(false);
    expect(await emittedBy(() => service.enable(id, WHO))).toEqual([
      { type: 'api-key.enabled', keyId: id, appId: 'depot', ...WHO },
    ]);
    expect((await service.find(id))?.disabledAt).toBeNull();
    expect(await isProven(key)).toBe(true);
  });

  it.each<['disable' | 'enable', boolean[]]>([
    ['disable', [true, false, false]],
    ['enable', [false, false, false]],
  ])('(%s) is false and not emitted where it changes nothing', async (change, answers) => {
    const [{ id }, revoked] = [await service.create(APP), await service.create(APP)];
    await service.revoke(revoked.id);
    events.length = 0;
    expect([
      await service[change](id),
      (await service[change](id)) || (await service[change]('unknown')),
      await service[change](revoked.id),
    ]).toEqual(answers);
    expect(events).toHaveLength(answers.filter(Boolean).length);
  });
});

it('no event of a whole life ever holds the key', async () => {
  const { key, id } = await service.create({ ...APP, ...WHO });
  await service.disable(id, WHO);
  await service.enable(id, WHO);
  const successor = (await service.rotate(id, { overlapSeconds: 60, ...WHO }))!;
  await service.revokeLeaked(key, WHO);
  await service.revokeAllOf({ appId: 'depot' }, { reason: 'closed', ...WHO });
  expect(events.map(({ type }) => type)).toEqual([
    'api-key.created',
    'api-key.disabled',
    'api-key.enabled',
    'api-key.rotated',
    'api-key.revoked',
    'api-key.revoked',
  ]);
  for (const secret of [key, successor.key]) {
    expect(leaksOf(secret, events, await service.list(), await store.findById(id))).toEqual([]);
  }
});
