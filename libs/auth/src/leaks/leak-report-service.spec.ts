import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { crc32 } from 'node:zlib';
import { ApiKeyFormat } from '../api-keys/api-key-format.js';
import { ApiKeyService } from '../api-keys/api-key-service.js';
import { ApiKeyVerifier } from '../api-keys/api-key-verifier.js';
import { LegacyAdoption } from '../api-keys/legacy-adoption.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import type { RequestFacts, SecurityEvent } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { OAuthClientLeaks } from '../oauth/oauth-client-leaks.js';
import { OAuthClientSecrets } from '../oauth/oauth-client-secrets.js';
import { Replicator } from '../replication/replicator.js';
import { MemoryApiKeyStore } from '../stores/memory/memory-api-key.store.js';
import { LeakReportService } from './leak-report-service.js';

const REQUEST: RequestFacts = {
  requestId: 'request-1',
  method: 'POST',
  path: '/leak-reports',
  address: '192.0.2.7',
};
const FOUND_AT = 'https://github.com/octo/parcels/blob/main/.env';
const TYPE = 'parcel_api_key';

class FailingStore extends MemoryApiKeyStore {
  /** The ids whose revocation fails. */
  readonly stuck = new Set<string>();

  override async revoke(...[selection, at, reason]: Parameters<MemoryApiKeyStore['revoke']>) {
    if ('id' in selection && this.stuck.has(selection.id)) throw new Error('the disk is full');
    return super.revoke(selection, at, reason);
  }
}

let store: FailingStore;
let apiKeys: ApiKeyService;
let reports: LeakReportService;
let events: SecurityEvent[];
let now: number;
beforeEach(() => {
  now = Date.UTC(2030, 0, 1);
  store = new FailingStore();
  const stores = memoryStores({ apiKeys: store });
  const options = resolveOptions({ now: () => now }, stores);
  const stream = new SecurityEvents();
  const replicator = new Replicator(options, stream, CHANGES);
  const verifier = new ApiKeyVerifier(options, new LegacyAdoption(options, stream), replicator);
  apiKeys = new ApiKeyService(options, stream, verifier, replicator);
  // None of these tests reports a secret of a client, so that nobody is asked for one.
  const secrets = new OAuthClientSecrets(options);
  const clients = new OAuthClientLeaks(options, undefined as never, undefined as never, secrets, stream);
  reports = new LeakReportService(apiKeys, clients, stream);
  events = [];
  stream.subscribe((event) => {
    if (event.type !== 'api-key.created') events.push(event);
  });
});

const newKey = (changes = {}) =>
  apiKeys.create({ appId: 'depot', name: 'Depot Bern', scopes: [], ...changes });
const take = (...found: { token: string; url?: string }[]) =>
  reports.take(
    found.map((report) => ({ type: TYPE, ...report })),
    REQUEST,
  );
const feedback = (token: string, label: string) => ({
  token_hash: createHash('sha256').update(token).digest('hex'),
  token_type: TYPE,
  label,
});
const revokedAt = async (id: string) => (await apiKeys.find(id))?.revokedAt;

/** The id of one key with the secret of another, and the checksum that fits: what only a forger makes. */
function forged(key: string): string {
  const { key: stranger } = new ApiKeyFormat('ptc', 'live').create();
  const body = `${key.slice(0, key.lastIndexOf('_'))}_${stranger.slice(-49, -6)}`;
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const checksum = [5, 4, 3, 2, 1, 0].map((place) => digits[Math.floor(crc32(body) / 62 ** place) % 62]);
  return body + checksum.join('');
}

describe('a report', () => {
  it('of a key of ours revokes it, says so and emits events', async () => {
    const { key, id } = await newKey();
    expect(await take({ token: key, url: FOUND_AT })).toEqual([feedback(key, 'true_positive')]);
    expect(await apiKeys.find(id)).toMatchObject({ revokedAt: now, revokedReason: 'leaked' });
    expect(events).toEqual([
      {
        type: 'api-key.revoked',
        keyId: id,
        appId: 'depot',
        reason: 'leaked',
        actor: 'secret-scanning',
        address: '192.0.2.7',
        requestId: 'request-1',
      },
      {
        type: 'credential.leaked',
        leak: 'report',
        credential: 'api-key',
        id,
        foundAt: FOUND_AT,
        request: REQUEST,
      },
    ]);
  });

  it('of a personal token revokes it as well', async () => {
    const holder = { issuer: 'https://login.example', subject: 'ada' };
    const { key, id } = await apiKeys.create({ ...holder, name: 'laptop', scopes: [] });
    expect(await take({ token: key })).toEqual([feedback(key, 'true_positive')]);
    expect(await revokedAt(id)).toBe(now);
    expect(events).toMatchObject([
      { type: 'api-key.revoked', keyId: id, subject: 'ada' },
      { type: 'credential.leaked', credential: 'api-key', id },
    ]);
  });

  it('of a key that is disabled, expired or not valid yet revokes it as well', async () => {
    const disabled = await newKey();
    await apiKeys.disable(disabled.id);
    const expired = await newKey({ lifetimeSeconds: 60 });
    const pending = await newKey({ notBefore: now + 86_400_000 });
    now += 60_000;
    const tokens = [disabled, expired, pending].map(({ key }) => ({ token: key }));
    expect((await take(...tokens)).map(({ label }) => label)).toEqual(Array(3).fill('true_positive'));
    for (const { id } of [disabled, expired, pending]) expect(await revokedAt(id)).toBe(now);
  });

  it.each<[string, (key: string) => string]>([
    ['a key with a real id and another secret', forged],
    ['a key that was never made', () => new ApiKeyFormat('ptc', 'live').create().key],
    ['a key of another environment', () => new ApiKeyFormat('ptc', 'test').create().key],
    ['a key of another service', () => new ApiKeyFormat('post', 'live').create().key],
    ['a key with a typing error', (key) => key.replace(/.$/, (last) => (last === '0' ? '1' : '0'))],
    ['a key within other text', (key) => ` ${key}`],
    ["a key's id", (key) => key.split('_')[2] as string],
    ['nothing', () => ''],
  ])('of %s revokes nothing and emits nothing', async (_, tokenFor) => {
    const { key, id } = await newKey();
    const token = tokenFor(key);
    expect(await take({ token, url: FOUND_AT })).toEqual([feedback(token, 'false_positive')]);
    expect(await revokedAt(id)).toBeNull();
    expect(events).toEqual([]);
  });

  it('that comes again revokes nothing more, and reports where the key was found this time', async () => {
    const { key, id } = await newKey();
    await take({ token: key, url: FOUND_AT });
    const first = await revokedAt(id);
    now += 5_000;
    expect(await take({ token: key, url: `${FOUND_AT}#L2` })).toEqual([feedback(key, 'true_positive')]);
    expect(await revokedAt(id)).toBe(first);
    expect(events.map(({ type }) => type)).toEqual([
      'api-key.revoked',
      'credential.leaked',
      'credential.leaked',
    ]);
    expect(events.at(-1)).toMatchObject({ id, foundAt: `${FOUND_AT}#L2` });
  });

  it('leaves the secret out of its answer and events, also where the reporter puts it into the place', async () => {
    const { key } = await newKey();
    const answer = await take({ token: key, url: `https://github.com/search?q=${key}` });
    expect(events.at(-1)).not.toHaveProperty('foundAt');
    const shown = inspect([answer, events], { depth: 9, showHidden: true });
    const secret = key.slice(key.lastIndexOf('_') + 1);
    for (let at = 0; at + 8 <= secret.length; at++) expect(shown).not.toContain(secret.slice(at, at + 8));
  });
});

describe('several reports in one message', () => {
  it('are answered each, in their order', async () => {
    const [one, other] = [await newKey(), await newKey()];
    expect(await take({ token: one.key }, { token: 'invented' }, { token: other.key })).toEqual([
      feedback(one.key, 'true_positive'),
      feedback('invented', 'false_positive'),
      feedback(other.key, 'true_positive'),
    ]);
    expect(await revokedAt(one.id)).toBe(now);
    expect(await revokedAt(other.id)).toBe(now);
  });

  it('of the same token count once, and are answered each', async () => {
    const { key } = await newKey();
    const found = [{ token: key, url: FOUND_AT }, { token: key, url: `${FOUND_AT}#L2` }, { token: key }];
    expect(await take(...found)).toEqual(Array(3).fill(feedback(key, 'true_positive')));
    expect(events.map(({ type }) => type)).toEqual(['api-key.revoked', 'credential.leaked']);
    expect(events.at(-1)).toMatchObject({ foundAt: FOUND_AT });
  });

  it('stop where the store fails: what was revoked stays so, and the rest is done when they come again', async () => {
    const [first, stuck, last] = [await newKey(), await newKey(), await newKey()];
    const found = [first, stuck, last].map(({ key }) => ({ token: key }));
    store.stuck.add(stuck.id);
    await expect(take(...found)).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      reason: expect.stringContaining('the disk is full'),
      retryAfterSeconds: 1,
    });
    expect(await revokedAt(first.id)).toBe(now);
    expect(await revokedAt(last.id)).toBeNull();
    expect(events.map((event) => 'id' in event && event.id).filter(Boolean)).toEqual([first.id]);

    store.stuck.clear();
    await take(...found);
    for (const { id } of [stuck, last]) expect(await revokedAt(id)).toBe(now);
  });
});
