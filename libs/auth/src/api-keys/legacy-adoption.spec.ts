import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { PortcullisError } from '../errors.js';
import type { SecurityEvent } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { Replicator } from '../replication/replicator.js';
import { MemoryApiKeyStore } from '../stores/memory/memory-api-key.store.js';
import { ApiKeyFormat } from './api-key-format.js';
import { ApiKeyService } from './api-key-service.js';
import { ApiKeyVerifier } from './api-key-verifier.js';
import { LegacyAdoption } from './legacy-adoption.js';
import type { LegacyKey } from './legacy-keys.js';

const SECOND = 1_000;
const START = Date.UTC(2030, 0, 1);
const OLD = 'old-7f3a.c0ffee';
const PEPPER = 'a pepper of at least thirty-two bytes';

/** An old system that knows one key, and keeps what it was asked. */
class OldSystem {
  readonly asked: string[] = [];
  readonly known = new Map<string, LegacyKey>([
    [OLD, { appId: 'depot', name: 'Depot Bern', scopes: ['scans:write'], lifetimeSeconds: 'never' }],
  ]);
  isDown = false;

  async verify(key: string): Promise<LegacyKey | undefined> {
    this.asked.push(key);
    if (this.isDown) throw new Error('old system is down');
    return this.known.get(key);
  }
}

let now: number;
let store: MemoryApiKeyStore;
let old: OldSystem;
let events: SecurityEvent[];
beforeEach(() => {
  now = START;
  store = new MemoryApiKeyStore();
  old = new OldSystem();
  events = [];
});

/** One instance of the app. */
function instance(apiKeys: PortcullisOptions['apiKeys'] = { legacy: old }) {
  const stores = memoryStores({ apiKeys: store });
  const options = resolveOptions({ apiKeys, now: () => now }, stores);
  const stream = new SecurityEvents();
  stream.subscribe((event) => events.push(event));
  const verifier = new ApiKeyVerifier(
    options,
    new LegacyAdoption(options, stream),
    new Replicator(options, stream, CHANGES),
  );
  return {
    verifier,
    service: new ApiKeyService(options, stream, verifier, new Replicator(options, stream, CHANGES)),
  };
}

const refusal = (verifier: ApiKeyVerifier, key: string) =>
  Promise.resolve()
    .then(() => verifier.verify(key))
    .then(
      () => undefined,
      (error: PortcullisError) => error,
    );

describe('the old system', () => {
  it('is asked for what is not of our form', async () => {
    const { verifier } = instance();
    const foreign = [OLD, 'a', `ptcx_live_${'a'.repeat(66)}`, 'eyJhbGciOiJub25lIn0.e30.', 'grün'];
    for (const key of foreign) await refusal(verifier, key);
    expect(old.asked).toEqual(foreign);
  });

  it('is never asked for what is, however wrong it is', async () => {
    const { verifier, service } = instance();
    const { key } = await service.create({ appId: 'depot', name: 'Depot Bern' });
    const ours = [key, key.slice(0, -1), 'ptc_', new ApiKeyFormat('ptc', 'test').create().key];
    for (const text of [...ours, new ApiKeyFormat('ptc', 'live').create().key]) await refusal(verifier, text);
    expect(old.asked).toEqual([]);
  });

  it('is not there by default: then a foreign key is none, and the store is not asked', async () => {
    const { verifier } = instance({});
    store.findByHash = () => Promise.reject(new Error('asked'));
    store.findById = () => Promise.reject(new Error('asked'));
    expect(() => verifier.verify(OLD)).toThrow(PortcullisError);
  });

  it('is asked for an unknown key each time that it is not remembered', async () => {
    const { verifier } = instance();
    for (let count = 0; count < 3; count++) {
      expect(await refusal(verifier, 'unknown')).toMatchObject({ code: 'invalid_api_key' });
    }
    expect(old.asked).toHaveLength(1);
    now += 10 * SECOND;
    await refusal(verifier, 'unknown');
    expect(old.asked).toHaveLength(2);
  });

  it('that is down makes the key temporarily unavailable, which is not remembered', async () => {
    const { verifier } = instance();
    old.isDown = true;
    expect(await refusal(verifier, OLD)).toMatchObject({ code: 'temporarily_unavailable' });
    old.isDown = false;
    expect(await refusal(verifier, OLD)).toBeUndefined();
  });

  it('that is down does not disturb a key that is ours already', async () => {
    await instance().verifier.verify(OLD);
    old.isDown = true;
    expect(await refusal(instance().verifier, OLD)).toBeUndefined();
  });

  it('that says what makes no sense makes the key temporarily unavailable, and nothing is kept', async () => {
    old.known.set(OLD, { appId: '', name: 'Depot Bern' });
    const { verifier, service } = instance();
    expect(await refusal(verifier, OLD)).toMatchObject({ code: 'temporarily_unavailable' });
    expect((await service.list()).keys).toEqual([]);
  });
});

describe('the first use of an old key', () => {
  it('makes it ours: it proves its app, and is emitted like a new one, with nothing of the key', async () => {
    const { verifier, service } = instance();
    const { identity, keyId } = await verifier.verify(OLD);
    expect(identity).toMatchObject({ appId: 'depot', name: 'Depot Bern', scopes: ['scans:write'], keyId });
    expect(events).toEqual([{ type: 'api-key.created', keyId, appId: 'depot', actor: 'legacy' }]);
    expect((await service.list()).keys).toMatchObject([{ id: keyId, createdAt: START, expiresAt: null }]);
    const sha256 = createHash('sha256').update(OLD).digest('base64url');
    expect((await store.findById(keyId))?.hash).toBe(sha256);
    expect(inspect([events, await store.findById(keyId)], { depth: 9 })).not.toContain('c0ffee');
  });

  it('is the only one that the old system is asked for', async () => {
    const { verifier } = instance();
    const proven = await verifier.verify(OLD);
    expect(verifier.verify(OLD)).toBe(proven);
    now += 30 * SECOND;
    expect((await verifier.verify(OLD)).keyId).toBe(proven.keyId);
    expect((await instance().verifier.verify(OLD)).keyId).toBe(proven.keyId);
    expect(old.asked).toEqual([OLD]);
  });

  it('lasts as long as the options say where the old system does not', async () => {
    old.known.set(OLD, { appId: 'depot', name: 'Depot Bern' });
    const { verifier, service } = instance({ legacy: old, lifetimeSeconds: 60 });
    const { keyId } = await verifier.verify(OLD);
    expect((await service.find(keyId))?.expiresAt).toBe(START + 60 * SECOND);
  });

  it('may be of a user', async () => {
    old.known.set(OLD, { issuer: 'https://i.example', subject: 'ann', name: 'script' });
    expect((await instance().verifier.verify(OLD)).identity).toMatchObject({ kind: 'user', subject: 'ann' });
  });

  it('at two instances, or twice at one, at the same time makes one key of ours', async () => {
    const [one, other] = [instance(), instance()];
    const proven = await Promise.all([one, one, other, other].map(({ verifier }) => verifier.verify(OLD)));
    expect(new Set(proven.map(({ keyId }) => keyId)).size).toBe(1);
    expect((await one.service.list()).keys).toHaveLength(1);
    expect(events).toHaveLength(1);
    expect(old.asked).toHaveLength(2);
  });

  it('that the store does not keep proves nothing, and is not emitted', async () => {
    const { verifier } = instance();
    const { insert } = store;
    store.insert = () => Promise.reject(new Error('store is down'));
    expect(await refusal(verifier, OLD)).toMatchObject({ code: 'temporarily_unavailable' });
    expect(events).toEqual([]);
    store.insert = insert;
    expect(await refusal(verifier, OLD)).toBeUndefined();
  });
});

describe('an old key that is ours', () => {
  it.each<[string, (service: ApiKeyService, id: string) => Promise<unknown>]>([
    ['revoked', (service, id) => service.revoke(id)],
    ['disabled', (service, id) => service.disable(id)],
  ])('and %s is dead at once and for good, and the old system is not asked', async (state, end) => {
    const { verifier, service } = instance();
    const { keyId } = await verifier.verify(OLD);
    await end(service, keyId);
    expect((await refusal(verifier, OLD))?.reason).toBe(`the key is ${state} (${keyId})`);
    now += 3_600 * SECOND;
    expect((await refusal(verifier, OLD))?.keyId).toBe(keyId);
    expect((await refusal(instance().verifier, OLD))?.reason).toContain(state);
    expect(old.asked).toEqual([OLD]);
  });

  it('can be ended by whoever finds it, given the key itself', async () => {
    const { verifier, service } = instance();
    const { keyId } = await verifier.verify(OLD);
    expect(await service.revokeLeaked(OLD)).toMatchObject({ id: keyId, revokedReason: 'leaked' });
    expect((await refusal(verifier, OLD))?.reason).toContain('revoked');
  });

  it('is replaced by a key of our form', async () => {
    const { verifier, service } = instance();
    const { keyId } = await verifier.verify(OLD);
    const successor = await service.rotate(keyId, { overlapSeconds: 0 });
    expect(await refusal(verifier, OLD)).toMatchObject({ code: 'invalid_api_key' });
    expect((await verifier.verify(successor!.key)).identity).toMatchObject({ appId: 'depot' });
  });

  it('is found again whatever the peppers are, and hashed anew', async () => {
    const { keyId } = await instance().verifier.verify(OLD);
    const other = `${PEPPER}, the next one`;
    for (const peppers of [[PEPPER], [other, PEPPER], [other]]) {
      const { verifier } = instance({ legacy: old, peppers });
      expect((await verifier.verify(OLD)).keyId).toBe(keyId);
      expect((await store.findById(keyId))?.hash).toBe(verifier.hasher.hash(OLD));
    }
    expect(old.asked).toEqual([OLD]);
  });
});

it('an old key that nobody has used yet can be ended by whoever finds it', async () => {
  const { verifier, service } = instance();
  expect(await service.revokeLeaked(OLD)).toMatchObject({ appId: 'depot', revokedReason: 'leaked' });
  expect(await refusal(verifier, OLD)).toMatchObject({ code: 'invalid_api_key' });
  expect(await service.revokeLeaked('unknown')).toBeUndefined();
});
