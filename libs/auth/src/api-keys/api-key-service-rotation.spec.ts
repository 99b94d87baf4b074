import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import type { SecurityEvent } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { Replicator } from '../replication/replicator.js';
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
  scopes: ['scans:write', 'parcels:*'],
  lifetimeSeconds: 'never',
};

let now: number;
let events: SecurityEvent[];
let verifier: ApiKeyVerifier;
let service: ApiKeyService;
beforeEach(() => {
  now = START;
  events = [];
  const stores = memoryStores();
  const options = resolveOptions({ apiKeys: { lifetimeSeconds: 7 }, now: () => now }, stores);
  const stream = new SecurityEvents();
  stream.subscribe((event) => events.push(event));
  verifier = new ApiKeyVerifier(
    options,
    new LegacyAdoption(options, stream),
    new Replicator(options, stream, CHANGES),
  );
  service = new ApiKeyService(options, stream, verifier, new Replicator(options, stream, CHANGES));
});

/** Rotates a key that there is. */
async function rotate(id: string, rotation: Partial<ApiKeyRotation> = {}) {
  const successor = await service.rotate(id, { overlapSeconds: 60, ...rotation });
  if (successor === undefined) throw new Error('there is no such key');
  return successor;
}

const isProven = (key: string) =>
  Promise.resolve()
    .then(() => verifier.verify(key))
    .then(
      () => true,
      () => false,
    );

describe('the new key', () => {
  it.each<[string, NewApiKey]>([
    ['of an app', { ...APP, owner: 'ann', tenant: 'north' }],
    ['of an app, with nothing but a name', { appId: 'depot', name: 'Depot Bern', lifetimeSeconds: 'never' }],
    ['of a user', { issuer: 'https://i.example', subject: 'ann', name: 'script', scopes: ['a:b'] }],
    [
      'with everything',
      {
        ...APP,
        owner: 'ann',
        tenant: 'north',
        metadata: { depot: { floors: [1, 2] } },
        networks: ['10.0.0.0/8', '::1/128'],
        rateLimit: { requests: 5, windowSeconds: 60 },
      },
    ],
  ])('has everything that the old one had (%s)', async (_, newKey) => {
    const { key, ...old } = await service.create(newKey);
    const { key: newOne, ...successor } = await rotate(old.id);
    expect(successor).toEqual({ ...old, id: successor.id });
    expect([successor.id === old.id, newOne === key]).toEqual([false, false]);
    expect(await service.find(old.id)).toMatchObject({ replacedBy: successor.id });
    expect(await isProven(newOne)).toBe(true);
  });

  it('works from now on, as long as the old one was meant to', async () => {
    const { id } = await service.create({ ...APP, lifetimeSeconds: 100 });
    now += 90 * SECOND;
    expect(await rotate(id)).toMatchObject({
      createdAt: now,
      notBefore: now,
      expiresAt: now + 100 * SECOND,
    });
  });

  it('works for ever where the old one was meant to, and then where that one was, however often', async () => {
    let { id } = await service.create(APP);
    for (let count = 0; count < 5; count++) {
      now += SECOND;
      const successor = await rotate(id);
      expect(successor.expiresAt).toBeNull();
      id = successor.id;
    }
  });

  it('works as long as is asked for', async () => {
    const [one, other] = [await service.create(APP), await service.create({ ...APP, lifetimeSeconds: 100 })];
    expect((await rotate(one.id, { lifetimeSeconds: 5 })).expiresAt).toBe(START + 5 * SECOND);
    expect((await rotate(other.id, { lifetimeSeconds: 'never' })).expiresAt).toBeNull();
  });

  it('begins when the old one was to begin', async () => {
    const { id } = await service.create({ ...APP, notBefore: START + 30 * SECOND, lifetimeSeconds: 100 });
    expect(await rotate(id)).toMatchObject({
      notBefore: START + 30 * SECOND,
      expiresAt: START + 130 * SECOND,
    });
  });

  it('is not used yet, whatever the old one was', async () => {
    const { id } = await service.create(APP);
    expect(await rotate(id)).toMatchObject({ lastUsedAt: null, lastUsedFrom: null, replacedBy: null });
  });
});

describe('the old key', () => {
  it('works for the overlap beside the new one, and not at its end', async () => {
    const { key, id } = await service.create(APP);
    const successor = await rotate(id, { overlapSeconds: 60 });
    now += 60 * SECOND - 1;
    expect([await isProven(key), await isProven(successor.key)]).toEqual([true, true]);
    now += 1;
    expect([await isProven(key), await isProven(successor.key)]).toEqual([false, true]);
  });

  it('is dead at once without overlap', async () => {
    const { key, id } = await service.create(APP);
    expect(await isProven(key)).toBe(true);
    await rotate(id, { overlapSeconds: 0 });
    expect(await isProven(key)).toBe(false);
  });

  it('never works longer for it', async () => {
    const { key, id } = await service.create({ ...APP, lifetimeSeconds: 10 });
    await rotate(id, { overlapSeconds: 60 });
    expect((await service.find(id))?.expiresAt).toBe(START + 10 * SECOND);
    now += 10 * SECOND;
    expect(await isProven(key)).toBe(false);
  });
});

describe('a rotation is emitted', () => {
  const WHO = { actor: 'root', address: '192.0.2.1' };

  it('once, with both keys, the end of the old one and who did it', async () => {
    const { id } = await service.create(APP);
    events.length = 0;
    const successor = await rotate(id, WHO);
    const fact = { type: 'api-key.rotated', keyId: id, appId: 'depot', successorId: successor.id };
    expect(events).toEqual([{ ...fact, expiresAt: START + 60 * SECOND, ...WHO }]);
  });

  it('with the end that the old one had, where that is sooner', async () => {
    const { id } = await service.create({ ...APP, lifetimeSeconds: 10 });
    await rotate(id);
    expect(events.at(-1)).toMatchObject({ expiresAt: START + 10 * SECOND });
    expect(events.at(-1)).not.toHaveProperty('actor');
  });
});

describe('a rotation is refused', () => {
  afterEach(async () => {
    // It has left no new key, and is not emitted.
    expect((await service.list()).keys).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'api-key.rotated')).toEqual([]);
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['revoked', (id) => service.revoke(id)],
    ['disabled', (id) => service.disable(id)],
    [
      'expired',
      async () => {
        now += 10 * SECOND;
      },
    ],
  ])('for a key that is %s', async (state, end) => {
    const { id } = await service.create({ ...APP, lifetimeSeconds: 10 });
    await end(id);
    await expect(rotate(id)).rejects.toMatchObject({
      code: 'api_key_conflict',
      keyId: id,
      reason: `key ${id} is ${state}`,
    });
  });

  it('where the new key would be shown to somebody who may not hand out its scopes', async () => {
    const { key, id } = await service.create(APP);
    for (const grantable of [[], ['scans:write'], ['scans:write', 'parcels:read']]) {
      await expect(rotate(id, { grantable })).rejects.toMatchObject({ code: 'ungrantable_scope' });
    }
    expect(await isProven(key)).toBe(true);
    expect(await service.find(id)).toMatchObject({ replacedBy: null, expiresAt: null });
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, '60', undefined])(
    'with an overlap of %p seconds',
    async (overlapSeconds) => {
      const { id } = await service.create(APP);
      const rotation = { overlapSeconds } as ApiKeyRotation;
      await expect(service.rotate(id, rotation)).rejects.toThrow(TypeError);
    },
  );

  it.each([0, -1, Number.NaN, '60', null])('with a lifetime of %p seconds', async (lifetimeSeconds) => {
    const { id } = await service.create(APP);
    const rotation = { overlapSeconds: 0, lifetimeSeconds } as unknown as ApiKeyRotation;
    await expect(service.rotate(id, rotation)).rejects.toThrow(TypeError);
  });
});

it('whoever may hand out its scopes may rotate a key', async () => {
  const { id } = await service.create(APP);
  const grantable = ['scans:*', 'parcels:*', 'more:*'];
  expect((await rotate(id, { grantable })).scopes).toEqual(['scans:write', 'parcels:*']);
});

it('an unknown key has no successor', async () => {
  expect(await service.rotate('unknown', { overlapSeconds: 0 })).toBeUndefined();
  expect(events).toEqual([]);
});

it('a key has one successor: a second rotation is refused, the successor can be rotated', async () => {
  const { id } = await service.create(APP);
  const successor = await rotate(id);
  await expect(rotate(id)).rejects.toMatchObject({ code: 'api_key_conflict' });
  expect(await rotate(successor.id)).toMatchObject({ appId: 'depot' });
});

it('of concurrent rotations one wins, and the others leave nothing', async () => {
  const { id } = await service.create(APP);
  const answers = await Promise.allSettled([rotate(id), rotate(id), rotate(id)]);
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const answer of answers.filter(({ status }) => status === 'rejected')) {
    expect(answer).toMatchObject({ reason: { code: 'api_key_conflict' } });
  }
  expect((await service.list()).keys).toHaveLength(2);
  expect(events.filter(({ type }) => type === 'api-key.rotated')).toHaveLength(1);
});
