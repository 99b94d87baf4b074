import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { memoryFeeds } from '@portcullis/testing';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { PortcullisConfigurationError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import type { ChangeFeed } from '../replication/change-feed.js';
import { Replicator } from '../replication/replicator.js';
import { MemorySigningKeyStore } from '../stores/memory/memory-signing-key.store.js';
import { KeyRing } from './key-ring.js';
import type { SigningKey } from './signing-key.js';
import type { StoredSigningKey } from './signing-key.store.js';
import type { VerificationKey } from './verification-key.js';

const START = Date.UTC(2030, 0, 1);
const newSecret = () => randomBytes(32).toString('base64');
const SECRET = newSecret();
const ISSUER = { url: 'https://api.example', rotateEverySeconds: 10_000, publishAheadSeconds: 600 };

/** Counts how often it is read, can hold a read back, and can fail. */
class WatchedStore extends MemorySigningKeyStore {
  reads = 0;
  isDown = false;
  /** The next read sees the store as it is then, and answers after this. */
  held: Promise<void> | undefined;

  override async list(): Promise<readonly StoredSigningKey[]> {
    this.reads++;
    const { held } = this;
    this.held = undefined;
    const keys = await super.list();
    await held;
    return this.#answer(() => Promise.resolve(keys));
  }
  override add(...addition: Parameters<MemorySigningKeyStore['add']>): Promise<boolean> {
    return this.#answer(() => super.add(...addition));
  }
  override replaceAll(key: StoredSigningKey): Promise<readonly string[]> {
    return this.#answer(() => super.replaceAll(key));
  }

  async #answer<T>(answer: () => Promise<T>): Promise<T> {
    if (this.isDown) throw new Error('connection refused');
    return answer();
  }
}

let now: number;
let store: WatchedStore;
let feeds: () => ChangeFeed;
let stops: (() => Promise<void>)[];
beforeEach(() => {
  now = START;
  store = new WatchedStore();
  feeds = memoryFeeds();
  stops = [];
  Logger.overrideLogger(false);
});
afterEach(async () => {
  for (const stop of stops) await stop();
  Logger.overrideLogger(true);
});

function make(issuer: NonNullable<PortcullisOptions['tokens']>['issuer'] = { url: '' }): KeyRing {
  const tokens: PortcullisOptions['tokens'] = {
    audience: 'parcels',
    issuer: { ...ISSUER, keyEncryptionKeys: [SECRET], ...issuer, url: ISSUER.url },
  };
  const stores = memoryStores({ signingKeys: store });
  const options = resolveOptions({ tokens, now: () => now, stores, replication: { feed: feeds() } }, stores);
  const events = new SecurityEvents();
  const replicator = new Replicator(options, events, CHANGES);
  stops.push(() => replicator.close());
  return new KeyRing(options, replicator, events);
}

/** A ring of an instance that has booted. */
async function boot(...options: Parameters<typeof make>): Promise<KeyRing> {
  const ring = make(...options);
  await ring.onModuleInit();
  return ring;
}

const signer = (ring: KeyRing) => (ring.signingKey as SigningKey).kid;
const published = (ring: KeyRing) => ring.published.keys.map(({ kid }) => kid);
const knows = async (ring: KeyRing, kid: string) => (await ring.find('EdDSA', kid)).length === 1;

/** Turns of the event loop, until it is so. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  // Keys are made on other threads, which a busy machine may leave waiting.
  const end = performance.now() + 10_000;
  while (!(await isSo()) && performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
  expect(await isSo()).toBe(true);
}

describe('the rings of instances with one store', () => {
  it('have one and the same key, though all boot at once', async () => {
    const rings = await Promise.all(Array.from({ length: 20 }, () => boot()));
    expect(new Set(rings.map(signer)).size).toBe(1);
    expect(await store.list()).toHaveLength(1);
    expect(rings[7]?.published).toEqual(rings[3]?.published);
  });

  it('have it after a restart, too, and sign with it before they have booted', async () => {
    const first = signer(await boot());
    const next = make();
    expect(next.signingKey).toBeUndefined();
    await next.ready();
    expect(signer(next)).toBe(first);
  });

  it('have a next key once, published ahead and signing at the same time', async () => {
    const rings = await Promise.all([boot(), boot(), boot()]);
    const first = signer(rings[0] as KeyRing);
    now = START + 9_400_000;
    for (const ring of rings) expect(signer(ring)).toBe(first);
    await until(() => rings.every((ring) => published(ring).length === 2));
    expect(new Set(rings.map((ring) => published(ring).join())).size).toBe(1);
    now = START + 10_000_000;
    expect(new Set(rings.map(signer))).toEqual(new Set([published(rings[0] as KeyRing)[1]]));
  });

  it('have one next key when they are all told to rotate at once', async () => {
    const rings = await Promise.all(Array.from({ length: 10 }, () => boot()));
    const next = new Set(await Promise.all(rings.map((ring) => ring.rotate())));
    expect(next.size).toBe(1);
    expect(await store.list()).toHaveLength(2);
  });

  it('forget every key at once when one of them replaces them', async () => {
    const [one, other] = await Promise.all([boot(), boot()]);
    const leaked = signer(one);
    const [known] = (await other.find('EdDSA', leaked)) as readonly [VerificationKey];
    const fresh = await one.replace();
    expect([published(one), await knows(one, leaked)]).toEqual([[fresh], false]);
    await until(() => !other.has(known.id));
    await until(() => published(other).join() === fresh);
    expect([signer(other), await knows(other, leaked)]).toEqual([fresh, false]);
  });

  it('forget them, too, when the one that replaces them can not read the new one', async () => {
    const [one, other] = await Promise.all([boot(), boot()]);
    const [known] = (await other.find('EdDSA', signer(one))) as readonly [VerificationKey];
    const replacing = store.replaceAll.bind(store);
    store.replaceAll = async (key) => {
      const gone = await replacing(key);
      store.isDown = true;
      return gone;
    };
    await expect(one.replace()).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    await until(() => !other.has(known.id));
    expect([one.signingKey, other.signingKey]).toEqual([undefined, undefined]);
  });

  it('do not get back a key that was replaced while they were reading', async () => {
    const [one, other] = await Promise.all([boot(), boot()]);
    const leaked = signer(one);
    let release = () => {};
    store.held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const reading = other.reload();
    await until(() => store.held === undefined);
    const fresh = await one.replace();
    await until(() => !published(other).includes(leaked));
    release();
    await reading;
    expect(published(other)).not.toContain(leaked);
    await until(() => published(other).join() === fresh);
    expect(await knows(other, leaked)).toBe(false);
  });

  it('forget it in the store when they are told to rotate, too', async () => {
    const ring = await boot({ url: '', rotateEverySeconds: 2_592_000, publishAheadSeconds: 900 });
    const first = signer(ring);
    await ring.rotate();
    now += 90_000_000;
    await ring.rotate();
    expect((await store.list()).map(({ kid }) => kid)).not.toContain(first);
    expect(await knows(ring, first)).toBe(false);
  });

  it('forget in the store, too, what no token needs any more', async () => {
    const ring = await boot();
    const first = signer(ring);
    for (let seconds = 0; seconds <= 200_000; seconds += 9_400) {
      now = START + seconds * 1000;
      const { length } = published(ring);
      await until(() => published(ring).length > length || signer(ring) === published(ring).at(-1));
    }
    await until(async () => !(await store.list()).some(({ kid }) => kid === first));
  });
});

describe('a key of another instance that is not known yet', () => {
  it('is asked for', async () => {
    const ring = await boot();
    // An instance that can't publish.
    feeds = memoryFeeds();
    const next = await (await boot()).rotate();
    expect(await knows(ring, next)).toBe(true);
  });

  it('is asked for once a second at most, whoever names how many', async () => {
    const ring = await boot();
    const { reads } = store;
    await Promise.all(Array.from({ length: 100 }, (_, index) => ring.find('EdDSA', `k${index}`)));
    expect(store.reads - reads).toBe(1);
  });

  it('is no reason to refuse the token for good while the store is down', async () => {
    const ring = await boot();
    store.isDown = true;
    await expect(ring.find('EdDSA', 'k1')).rejects.toMatchObject({ code: 'temporarily_unavailable' });
  });
});

describe('a store that is down', () => {
  it('keeps the present key signing beyond its time', async () => {
    const ring = await boot();
    const first = signer(ring);
    store.isDown = true;
    now = START + 50_000_000;
    expect(signer(ring)).toBe(first);
    expect(await knows(ring, first)).toBe(true);
  });

  it('lets nobody believe that keys were rotated or replaced', async () => {
    const ring = await boot();
    const first = signer(ring);
    store.isDown = true;
    await expect(ring.rotate()).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    await expect(ring.replace()).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    expect(published(ring)).toEqual([first]);
  });

  it('keeps an instance from booting, until it is back', async () => {
    store.isDown = true;
    const ring = make();
    await expect(ring.onModuleInit()).rejects.toThrow('connection refused');
    store.isDown = false;
    await ring.ready();
    expect(signer(ring)).toEqual(expect.any(String));
  });
});

describe('what the store has', () => {
  it('is not the private key', async () => {
    const ring = await boot();
    const secret = (ring.signingKey as SigningKey).privateKey.export({ format: 'jwk' }).d as string;
    const text = JSON.stringify(await store.list());
    expect(text).toContain(signer(ring));
    expect(text).not.toContain(secret);
    expect(Buffer.from(text, 'base64').includes(Buffer.from(secret, 'base64url'))).toBe(false);
  });

  it('is opened by every key-encryption key, and sealed by the first', async () => {
    const first = signer(await boot());
    const newer = newSecret();
    const between = await boot({ url: '', keyEncryptionKeys: [newer, SECRET] });
    expect(signer(between)).toBe(first);
    const next = await between.replace();
    expect(signer(await boot({ url: '', keyEncryptionKeys: [newer] }))).toBe(next);
  });

  const refused: [string, (keys: readonly StoredSigningKey[]) => StoredSigningKey[], string[]?][] = [
    ['that was sealed by another key', (keys) => [...keys], [newSecret()]],
    [
      'that was changed',
      ([one]) => {
        const { kid, sealed } = one as StoredSigningKey;
        return [{ kid, sealed: sealed.replace(/.(?=.$)/, (letter) => (letter === 'A' ? 'B' : 'A')) }];
      },
    ],
    ['of another name', ([one]) => [{ ...(one as StoredSigningKey), kid: 'another' }]],
    ['that was never sealed', ([one]) => [{ kid: one?.kid ?? '', sealed: '{"kty":"OKP"}' }]],
    [
      'of which two have changed places',
      ([one, other]) => [
        { kid: one?.kid ?? '', sealed: other?.sealed ?? '' },
        { kid: other?.kid ?? '', sealed: one?.sealed ?? '' },
      ],
    ],
  ];
  it.each(refused)(
    'keeps an instance from booting: a key %s',
    async (_, spoil, keyEncryptionKeys = [SECRET]) => {
      await (await boot()).rotate();
      const keys = spoil(await store.list());
      store = new WatchedStore();
      for (const [index, key] of keys.entries()) await store.add(key, keys[index - 1]?.kid ?? null);
      const booting = boot({ url: '', keyEncryptionKeys });
      await expect(booting).rejects.toThrow(PortcullisConfigurationError);
      await expect(booting).rejects.toThrow('keyEncryptionKeys');
      expect(await store.list()).toEqual(keys);
    },
  );
});

describe('a store without what its keys are sealed with', () => {
  it.each<[string, string[] | undefined, string]>([
    ['nothing', undefined, 'openssl rand -base64 32'],
    ['no key', [], 'should not be empty'],
    ['a short key', [randomBytes(31).toString('base64')], '32 bytes'],
    ['a long key', [randomBytes(33).toString('base64')], '32 bytes'],
    ['no Base64', ['correct horse battery staple correct horse b'], '32 bytes'],
  ])('is refused at boot: %s', (_, keyEncryptionKeys, problem) => {
    const given = () => make({ url: '', ...{ keyEncryptionKeys } } as Parameters<typeof make>[0]);
    expect(given).toThrow(problem);
    for (const key of keyEncryptionKeys ?? []) expect(given).not.toThrow(key);
  });

  it('is refused beside a configured key', () => {
    const signingKey = { kty: 'OKP', alg: 'EdDSA' };
    expect(() => make({ url: '', signingKey })).toThrow('tokens.issuer.signingKey');
  });
});
