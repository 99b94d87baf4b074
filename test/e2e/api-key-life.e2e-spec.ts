import { createHash } from 'node:crypto';
import { Controller, Get } from '@nestjs/common';
import {
  type ApiKeyInfo,
  type ApiKeyPage,
  ApiKeyService,
  type CreatedApiKey,
  MemoryApiKeyStore,
  PortcullisAdminModule,
  RequireApp,
  sha256Keys,
} from '@portcullis/auth';
import { TestClock } from '../support/clock.js';
import { noStrikes, ownTokens, userWith } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { describeOnPlatforms } from '../support/running-app.js';

@Controller()
class RoutesController {
  @RequireApp('scans:write')
  @Get('app')
  app() {
    return 'in';
  }
}

const OLD_KEY = 'old-key-of-the-south-depot';
const OLD_KEY_SHA256 = createHash('sha256').update(OLD_KEY).digest('hex');

describeOnPlatforms('the life of an API key on %s', (running) => {
  const keys = '/admin/api-keys';
  let clock: TestClock;
  let store: MemoryApiKeyStore;
  let lookups: string[];

  const start = async () => {
    clock = new TestClock();
    store = new MemoryApiKeyStore();
    lookups = [];
    const legacy = sha256Keys({
      find: async (sha256) => {
        lookups.push(sha256);
        const known = { hash: OLD_KEY_SHA256, appId: 'depot-south', name: 'South', scopes: ['scans:write'] };
        return sha256 === OLD_KEY_SHA256 ? known : undefined;
      },
    });
    await running.start({
      portcullis: {
        tokens: ownTokens,
        bans: noStrikes,
        stores: { apiKeys: store },
        apiKeys: { legacy },
        now: clock.now,
      },
      imports: [PortcullisAdminModule.register()],
      controllers: [RoutesController],
    });
  };

  const call = async (method: string, path: string, body?: object, scopes = ['keys:admin', 'scans:*']) =>
    running.send(method, path, await userWith(running.app, scopes, 'root'), body);
  const answerOf = async <T>(...request: Parameters<typeof call>) =>
    (await (await call(...request)).json()) as T;
  const make = (details: object = {}) =>
    answerOf<CreatedApiKey>('POST', keys, {
      appId: 'depot',
      name: 'North',
      scopes: ['scans:write'],
      ...details,
    });
  const use = (key: string) => running.statusOf('/app', { 'x-api-key': key });
  const infoOf = (id: string) => answerOf<ApiKeyInfo>('GET', `${keys}/${id}`);

  describe('beside others', () => {
    beforeAll(start);

    it('begins with everything that it is given, shown again but for the key and its hash', async () => {
      const given = {
        appId: 'depot',
        name: 'North',
        owner: 'ada@example.com',
        tenant: 'acme',
        metadata: { plan: 'gold', gates: [1, 2] },
        scopes: ['scans:write'],
        networks: ['127.0.0.0/8', '::1/128'],
        rateLimit: { requests: 10, windowSeconds: 60 },
        notBefore: clock.now() + 60_000,
        lifetimeSeconds: 600,
      };
      const { key, ...created } = await make(given);
      const { lifetimeSeconds, ...kept } = given;
      expect(created).toMatchObject({ ...kept, expiresAt: given.notBefore + lifetimeSeconds * 1_000 });
      expect(await infoOf(created.id)).toEqual(created);
      expect(JSON.stringify(await infoOf(created.id))).not.toMatch(/hash/);
      expect(await use(key)).toBe(401);
      clock.forward(60);
      expect(await use(key)).toBe(200);
    });

    it('lasts ninety days, unless it is told to be longer or without an end', async () => {
      const { createdAt, expiresAt } = await make();
      expect((expiresAt as number) - createdAt).toBe(90 * 24 * 3600 * 1000);
      expect((await make({ lifetimeSeconds: 'never' })).expiresAt).toBeNull();
    });

    it('is renewed without an overlap: the old key is dead at once, remembered or not', async () => {
      const { key, id } = await make();
      expect(await use(key)).toBe(200);
      const next = await answerOf<CreatedApiKey>('POST', `${keys}/${id}/rotate`, { overlapSeconds: 0 });
      expect([await use(key), await use(next.key)]).toEqual([401, 200]);
    });

    it('is never longer for being renewed', async () => {
      const { key, id } = await make({ lifetimeSeconds: 60 });
      await call('POST', `${keys}/${id}/rotate`, { overlapSeconds: 3_600 });
      clock.forward(60);
      expect(await use(key)).toBe(401);
    });

    it('is not renewed twice, nor when it has ended or is suspended', async () => {
      const { id } = await make();
      const rotate = (which: string) => call('POST', `${keys}/${which}/rotate`, { overlapSeconds: 60 });
      expect([(await rotate(id)).status, (await rotate(id)).status]).toEqual([201, 409]);
      const [disabled, revoked, expired] = [await make(), await make(), await make({ lifetimeSeconds: 60 })];
      await call('POST', `${keys}/${disabled.id}/disable`);
      await call('DELETE', `${keys}/${revoked.id}`);
      clock.forward(60);
      for (const key of [disabled, revoked, expired]) {
        expect((await problemIn(await rotate(key.id))).code).toBe('api_key_conflict');
      }
      expect((await rotate('unknown')).status).toBe(404);
    });

    it('is only given what its maker may hand out, also when it is renewed', async () => {
      const body = { appId: 'depot', name: 'x', scopes: ['scans:write', 'parcels:read'] };
      expect((await problemIn(await call('POST', keys, body))).code).toBe('ungrantable_scope');
      const { id } = await make();
      const response = await call('POST', `${keys}/${id}/rotate`, { overlapSeconds: 0 }, ['keys:admin']);
      expect((await problemIn(response)).code).toBe('ungrantable_scope');
    });
  });

  it('is renewed with an overlap in which both work, and everything is inherited', async () => {
    await start();
    const { key, ...old } = await make({ owner: 'ada', metadata: { plan: 'gold' }, networks: ['127.0.0.1'] });
    const { key: nextKey, ...next } = await answerOf<CreatedApiKey>('POST', `${keys}/${old.id}/rotate`, {
      overlapSeconds: 60,
    });
    const { owner, metadata, scopes, networks, name } = old;
    expect(next).toMatchObject({ appId: 'depot', owner, metadata, scopes, networks, name });
    expect([await use(key), await use(nextKey)]).toEqual([200, 200]);
    clock.forward(60);
    expect([await use(key), await use(nextKey)]).toEqual([401, 200]);
    expect(await infoOf(old.id)).toMatchObject({ replacedBy: next.id });
    expect(running.events.of('api-key.rotated')).toEqual([
      {
        type: 'api-key.rotated',
        keyId: old.id,
        appId: 'depot',
        successorId: next.id,
        expiresAt: expect.any(Number),
        actor: 'root',
        address: '127.0.0.1',
        requestId: expect.any(String),
      },
    ]);
  });

  it('is suspended and resumed at once, unless it has ended for ever', async () => {
    await start();
    const { key, id } = await make();
    expect(await use(key)).toBe(200);
    expect((await call('POST', `${keys}/${id}/disable`)).status).toBe(204);
    expect(await use(key)).toBe(401);
    expect((await call('POST', `${keys}/${id}/disable`)).status).toBe(404);
    expect((await call('POST', `${keys}/${id}/enable`)).status).toBe(204);
    expect(await use(key)).toBe(200);
    expect((await call('DELETE', `${keys}/${id}?reason=stolen`)).status).toBe(204);
    expect((await call('POST', `${keys}/${id}/enable`)).status).toBe(404);
    expect(await use(key)).toBe(401);
    expect(await infoOf(id)).toMatchObject({ revokedReason: 'stolen', revokedAt: expect.any(Number) });
    const who = {
      keyId: id,
      appId: 'depot',
      actor: 'root',
      address: '127.0.0.1',
      requestId: expect.any(String),
    };
    expect(running.events.all.filter(({ type }) => type.startsWith('api-key.')).slice(1)).toEqual([
      { type: 'api-key.disabled', ...who },
      { type: 'api-key.enabled', ...who },
      { type: 'api-key.revoked', ...who, reason: 'stolen' },
    ]);
  });

  it('ends together with those of all keys of the app', async () => {
    await start();
    const [one, other, foreign] = [await make(), await make(), await make({ appId: 'hub' })];
    expect(await answerOf('DELETE', `${keys}?appId=depot&reason=contract+ended`)).toEqual({ revoked: 2 });
    expect([await use(one.key), await use(other.key), await use(foreign.key)]).toEqual([401, 401, 200]);
    expect((await call('DELETE', keys)).status).toBe(400);
    expect(await use(foreign.key)).toBe(200);
  });

  it('is found in pages and by what is known of it', async () => {
    await start();
    for (const appId of ['a', 'b', 'a', 'b', 'a']) await make({ appId, owner: `${appId}@example.com` });
    const pages: number[] = [];
    const seen: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page: ApiKeyPage = await answerOf('GET', `${keys}?limit=2${cursor && `&cursor=${cursor}`}`);
      pages.push(page.keys.length);
      seen.push(...page.keys.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(pages).toEqual([2, 2, 1]);
    expect(new Set(seen).size).toBe(5);
    const count = async (query: string) =>
      (await answerOf<ApiKeyPage>('GET', `${keys}?${query}`)).keys.length;
    expect(await count('appId=a')).toBe(3);
    expect(await count('appId=a&owner=b@example.com')).toBe(0);
    await call('POST', `${keys}/${seen[0]}/disable`);
    expect([await count('state=disabled'), await count('state=active')]).toEqual([1, 4]);
    for (const query of ['cursor=nonsense', 'limit=0', 'limit=1001', 'state=dead', 'hash=x']) {
      expect((await call('GET', `${keys}?${query}`)).status).toBe(400);
    }
    expect((await call('GET', `${keys}/unknown`)).status).toBe(404);
  });

  it('shows when and from where it was last used, without a write for each request', async () => {
    await start();
    let writes = 0;
    const record = store.recordUses.bind(store);
    store.recordUses = (uses) => {
      writes++;
      return record(uses);
    };
    const { key, id } = await make();
    expect(await infoOf(id)).toMatchObject({ lastUsedAt: null, lastUsedFrom: null });
    await Promise.all(Array.from({ length: 20 }, () => use(key)));
    await running.close();
    expect(await store.findById(id)).toMatchObject({
      lastUsedAt: expect.any(Number),
      lastUsedFrom: '127.0.0.1',
    });
    expect(writes).toBe(1);
  });

  it('goes on where its uses can’t be written', async () => {
    await start();
    store.recordUses = () => Promise.reject(new Error('disk full'));
    const { key } = await make();
    expect([await use(key), await use(key)]).toEqual([200, 200]);
  });

  it('begins in an older system, which is asked once', async () => {
    await start();
    expect([await use(OLD_KEY), await use(OLD_KEY)]).toEqual([200, 200]);
    expect(lookups).toHaveLength(1);
    const { keys: found } = await running.app.get(ApiKeyService).list({ appId: 'depot-south' });
    expect(found).toHaveLength(1);
    await running.app.get(ApiKeyService).revoke(found[0]?.id as string);
    expect(await use(OLD_KEY)).toBe(401);
    expect(lookups).toHaveLength(1);
    expect(await use('another-old-key')).toBe(401);
    expect(lookups).toHaveLength(2);
  });
});
