import { Controller, Get } from '@nestjs/common';
import {
  type ApiKeyRecord,
  ApiKeyService,
  AppIdentity,
  CurrentApp,
  MemoryApiKeyStore,
  RequireApp,
} from '@portcullis/auth';
import { TestClock } from '../support/clock.js';
import { problemIn } from '../support/http.js';
import { mistyped } from '../support/mistyped.js';
import { describeOnPlatforms } from '../support/running-app.js';

/** Counts its reads, and fails while it is down. */
class WatchedStore extends MemoryApiKeyStore {
  reads = 0;
  down = false;

  override async findById(id: string): Promise<ApiKeyRecord | undefined> {
    this.reads++;
    if (this.down) throw new Error('connect ECONNREFUSED postgres://keys:hunter2@db');
    return super.findById(id);
  }
}

@Controller()
class RoutesController {
  @RequireApp('scans:write')
  @Get('app')
  app(@CurrentApp() { appId, name, keyId, scopes }: AppIdentity) {
    return { appId, name, keyId, scopes };
  }
}

describeOnPlatforms('API keys on %s', (running) => {
  let clock: TestClock;
  let store: WatchedStore;

  const get = (key: string) => running.get('/app', { 'x-api-key': key });
  const statusOf = (key: string) => running.statusOf('/app', { 'x-api-key': key });
  const create = (lifetimeSeconds: number | 'never' = 'never') =>
    running.app
      .get(ApiKeyService)
      .create({ appId: 'depot', name: 'North', scopes: ['scans:*'], lifetimeSeconds });

  beforeEach(async () => {
    clock = new TestClock().stop();
    store = new WatchedStore();
    await running.start({
      portcullis: {
        stores: { apiKeys: store },
        apiKeys: { prefix: 'parcel', environment: 'test' },
        bans: { strikeLimit: 1000 },
        now: clock.now,
      },
      controllers: [RoutesController],
    });
  });

  it('show the handler which app calls', async () => {
    const { key, id } = await create();
    expect(key).toMatch(/^parcel_test_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}$/);
    const response = await get(key);
    expect(await response.json()).toEqual({ appId: 'depot', name: 'North', keyId: id, scopes: ['scans:*'] });
  });

  it('that can be none of ours are refused without a read of the store', async () => {
    const { key } = await create();
    const foreign = [
      mistyped(key),
      mistyped(key, -8),
      key.replace('parcel_test', 'parcel_live'),
      key.replace('parcel', 'ptc'),
      key.slice(0, -1),
      `${key}0`,
      key.toUpperCase(),
      'x',
      'x'.repeat(8000),
    ];
    for (const text of foreign) expect(await statusOf(text)).toBe(401);
    expect(store.reads).toBe(0);
  });

  it('that are unknown get the same answer as those that are revoked or expired', async () => {
    const revoked = await create();
    await running.app.get(ApiKeyService).revoke(revoked.id);
    const expired = await create(60);
    clock.forward(60);
    const answers = [];
    for (const key of ['parcel_test_x', revoked.key, expired.key]) {
      const { requestId: _, ...problem } = await problemIn(await get(key));
      answers.push(problem);
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 401, code: 'invalid_api_key' });
  });

  it('are asked of the store once, then remembered for a while', async () => {
    const { key } = await create();
    for (let count = 0; count < 3; count++) expect(await statusOf(key)).toBe(200);
    expect(store.reads).toBe(1);
    clock.forward(31);
    expect(await statusOf(key)).toBe(200);
    expect(store.reads).toBe(2);
  });

  it('end when they expire, remembered or not', async () => {
    const { key } = await create(10);
    expect(await statusOf(key)).toBe(200);
    clock.forward(10);
    expect(await statusOf(key)).toBe(401);
  });

  it('end on the very next request when they are revoked, remembered or not', async () => {
    const { key, id } = await create();
    expect(await statusOf(key)).toBe(200);
    await running.app.get(ApiKeyService).revoke(id);
    expect(await statusOf(key)).toBe(401);
  });

  it('cannot be checked while the store is down: 503, no strike, and not a word of the cause to the client', async () => {
    const [known, { key }] = [await create(), await create()];
    expect(await statusOf(known.key)).toBe(200);
    store.down = true;
    const response = await get(key);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    const problem = await problemIn(response);
    expect(problem.code).toBe('temporarily_unavailable');
    expect(JSON.stringify(problem)).not.toMatch(/ECONNREFUSED|hunter2/);
    expect(await statusOf(known.key)).toBe(200);
    store.down = false;
    expect(await statusOf(key)).toBe(200);
    await running.close();
    expect(running.events.of('address.struck')).toEqual([]);
  });
});
