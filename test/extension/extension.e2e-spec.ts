import type { INestApplication } from '@nestjs/common';
import {
  AuditTrail,
  BanService,
  type ChangeFeed,
  MemoryAuditStore,
  PortcullisHealth,
  type PortcullisOptions,
} from '@portcullis/auth';
import { memoryFeeds } from '@portcullis/testing';
import { appWith, ownMetadata } from '../support/credentials.js';
import { EventRecorder } from '../support/events.js';
import { eventually } from '../support/eventually.js';
import { problemIn } from '../support/http.js';
import { LineKeeper } from '../support/line-keeper.js';
import { type BootOptions, platforms } from '../support/platforms.js';
import { RawConnection } from '../support/raw-connection.js';
import { CARRIER_GUESSING } from './depot/depot-extension.js';
import { MemoryHandheldStore } from './depot/handheld.store.js';
import { Handhelds } from './depot/handhelds.js';
import { JobRunner } from './depot/job-runner.js';
import { bootDepot, ParcelJobs, SECRET, signed } from './depot-app.js';

const CHALLENGE = 'CarrierSignature realm="api", header="X-Carrier-Signature"';

describe.each(platforms)('an extension on %s', (platform) => {
  const open: INestApplication[] = [];
  afterEach(async () => {
    for (const app of open.splice(0)) await app.close();
  });
  const start = async (options: PortcullisOptions = {}, bootOptions: BootOptions = {}) => {
    const { app, url } = await bootDepot(platform, options, bootOptions);
    open.push(app);
    const get = (path: string, headers: Record<string, string> = {}) => fetch(url + path, { headers });
    return { app, url, get, events: new EventRecorder(app) };
  };
  const enrolled = async (app: INestApplication, depot = 'bern', id = 'h1') => ({
    authorization: `Bearer ${await app.get(Handhelds).enrol(id, depot)}`,
  });

  describe('with a credential scheme', () => {
    it('proves who is calling by its own header', async () => {
      const { get } = await start();
      const response = await get('/announcements', signed('/announcements'));
      expect([response.status, await response.text()]).toEqual([200, 'carrier-swift']);
      expect((await get('/scans', signed('/scans'))).status).toBe(403);
    });

    it('has its challenge beside those of the others where an app is missing', async () => {
      const { get } = await start();
      const response = await get('/announcements');
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe(
        `ApiKey realm="api", header="X-API-Key", ${CHALLENGE}`,
      );
    });

    it('refuses with a code, a status and a page of its own, and with its challenge', async () => {
      const { get } = await start();
      const response = await get('/announcements', signed('/announcements', 'x'.repeat(32)));
      expect(response.status).toBe(401);
      expect(await problemIn(response)).toMatchObject({
        type: 'https://depot.example/errors/invalid-carrier-signature',
        title: 'Invalid carrier signature',
        status: 401,
        code: 'invalid_carrier_signature',
      });
      expect(response.headers.get('www-authenticate')).toBe(
        `${CHALLENGE}, error="invalid_carrier_signature"`,
      );
    });

    it('has bad credentials struck by rules of the app, each guess once', async () => {
      const { get, events } = await start({
        bans: { rules: [CARRIER_GUESSING], privateAddresses: true },
      });
      const guess = (secret: string) => get('/announcements', signed('/announcements', secret.repeat(32)));
      for (const secret of ['a', 'a', 'a', 'b', 'c']) expect((await guess(secret)).status).toBe(401);
      await events.first('address.banned');
      expect((await problemIn(await guess('d'))).code).toBe('address_banned');
      expect(events.of('address.struck').map(({ total }) => total)).toEqual([34, 68, 102]);
    });
  });

  describe('has the duties of the core done for its scheme', () => {
    it('TLS: a credential in clear text is refused, and reported by its name', async () => {
      const { get, events } = await start({ requireTls: true });
      const response = await get('/announcements', signed('/announcements'));
      expect((await problemIn(response)).code).toBe('tls_required');
      expect(events.of('credential.leaked')).toMatchObject([
        { credential: 'carrier', leak: 'clear-text', id: 'carrier-swift' },
      ]);
      await get('/announcements', signed('/announcements', 'x'.repeat(32)));
      expect(events.of('credential.leaked')[1]).not.toHaveProperty('id');
    });

    it('staleness: an instance that is cut off vouches for nobody', async () => {
      const silent: ChangeFeed = { publish: async () => {}, follow: async () => async () => {} };
      const { get, events } = await start({ replication: { feed: silent, maxStalenessSeconds: 2 } });
      await events.first('replicas.stale');
      const response = await get('/announcements', signed('/announcements'));
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    });

    it('two of a kind: a carrier and an API key are two apps', async () => {
      const { app, get } = await start();
      const response = await get('/announcements', {
        ...signed('/announcements'),
        ...(await appWith(app, ['parcels:announce'])),
      });
      expect((await problemIn(response)).code).toBe('invalid_request');
      expect(response.headers.get('www-authenticate')).toContain(CHALLENGE);
    });

    it('a header that comes twice is refused, though one of them is good', async () => {
      const { url } = await start();
      const connection = await RawConnection.open(url);
      const { 'x-carrier-signature': good } = signed('/announcements');
      const lines = [`X-Carrier-Signature: ${good}`, 'x-carrier-signature: swift:AAAA'];
      connection.request('GET /announcements', [...lines, 'Connection: close']);
      const { status, body } = await connection.response();
      await connection.closed;
      expect([status, JSON.parse(body).code]).toEqual([400, 'invalid_request']);
    });

    it('bans: an address that was banned meanwhile does not reach the handler', async () => {
      let app: INestApplication | undefined;
      // What the request meets between the entrance and the guards.
      const banMeanwhile = async (_: unknown, __: unknown, next: () => void) => {
        await app?.get(BanService).ban('127.0.0.1', { reason: 'spec' });
        next();
      };
      const started = await start(
        { bans: { rules: [], privateAddresses: true } },
        { prepare: (preparing) => preparing.use(banMeanwhile) },
      );
      expect((await started.get('/announcements', signed('/announcements'))).status).toBe(200);
      app = started.app;
      const response = await started.get('/announcements', signed('/announcements'));
      expect((await problemIn(response)).code).toBe('address_banned');
      expect(started.events.of('request.refused')).toMatchObject([
        { code: 'address_banned', request: { handler: 'CarrierController.announce' } },
      ]);
    });
  });

  it('with a bearer format: its tokens are proven by it, and others as ever', async () => {
    const { app, get } = await start();
    const handheld = await enrolled(app);
    const response = await get('/scans', handheld);
    expect([response.status, await response.text()]).toEqual([200, 'in']);
    const wrong = await get('/scans', { authorization: `${handheld.authorization}x` });
    expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer realm="api", ${ownMetadata}, error="invalid_token"`,
    ]);
    expect((await get('/scans', { authorization: 'Bearer a.b.c' })).status).toBe(401);
  });

  it('with a demand: the nearest one counts, and it refuses in its own words', async () => {
    const { app, get } = await start();
    const handheld = await enrolled(app);
    expect((await get('/bern', handheld)).status).toBe(200);
    const refused = await get('/basel', handheld);
    expect(await problemIn(refused)).toMatchObject({
      status: 403,
      code: 'wrong_depot',
      type: 'https://depot.example/errors/wrong-depot',
    });
    expect((await get('/basel', await enrolled(app, 'basel', 'h2'))).status).toBe(200);
    // It needs an app, and says so.
    expect((await get('/basel')).headers.get('www-authenticate')).toContain(CHALLENGE);
  });

  describe('with a context', () => {
    const jobWith = (credentials: Record<string, string>) => ({
      name: 'count',
      credentials,
      from: '203.0.113.7',
    });

    it('has its handlers guarded like routes', async () => {
      const { app, events } = await start({ events: { accepted: true }, requireTls: true });
      const [runner, jobs] = [app.get(JobRunner), app.get(ParcelJobs)];
      const job = jobWith(await enrolled(app));
      expect(await runner.run(job, jobs, 'count')).toBe(7);
      expect(jobs.done).toEqual([job]);
      expect(events.of('request.accepted')).toMatchObject([
        { request: { method: 'JOB', path: '/jobs/count', address: '203.0.113.7', appId: 'h1' } },
      ]);
    });

    it('refuses a handler that demands something where guards are placed by hand, and none was', async () => {
      const { app } = await bootDepot(platform, { globalGuard: false }, {}, []);
      const [runner, jobs] = [app.get(JobRunner), app.get(ParcelJobs)];
      await expect(runner.run(jobWith({}), jobs, 'count')).rejects.toThrow(
        'ParcelJobs.count has decorators of Portcullis, but with globalGuard: false nothing applies them',
      );
      expect(jobs.done).toEqual([]);
      await app.close();
    });

    it('refuses in its own way, and tells of it like of any refusal', async () => {
      const { app, events } = await start();
      const [runner, jobs] = [app.get(JobRunner), app.get(ParcelJobs)];
      const run = (credentials: Record<string, string>) => runner.run(jobWith(credentials), jobs, 'count');
      await expect(run({})).rejects.toMatchObject({ code: 'credentials_required' });
      await expect(run(await enrolled(app, 'basel'))).rejects.toMatchObject({ code: 'wrong_depot' });
      expect(jobs.done).toEqual([]);
      // Another attempt at the same job is another request.
      const again = jobWith(await enrolled(app, 'bern', 'h3'));
      expect(await runner.run(again, jobs, 'count')).toBe(7);
      await app.get(Handhelds).block('h3', 'ada', 'lost');
      await expect(runner.run(again, jobs, 'count')).rejects.toMatchObject({ code: 'invalid_token' });
      expect(events.of('request.refused').map(({ code, status }) => [code, status])).toEqual([
        ['credentials_required', 401],
        ['wrong_depot', 403],
        ['invalid_token', 401],
      ]);
    });
  });

  it('with an event: it is emitted, logged and kept as its definition says', async () => {
    const logger = new LineKeeper();
    const { app, events } = await start({ stores: { audit: new MemoryAuditStore() } }, { logger });
    await enrolled(app);
    await app.get(Handhelds).block('h1', 'ada', 'lost\nin the lake');
    expect(events.of('handheld.blocked')).toEqual([
      { type: 'handheld.blocked', handheldId: 'h1', actor: 'ada', reason: 'lost\nin the lake' },
    ]);
    expect(logger.lines).toContainEqual(expect.stringContaining('Blocked handheld h1: "lost\\nin the lake"'));
    const page = await app.get(AuditTrail).list({ types: ['handheld.blocked'] });
    expect(page?.entries).toMatchObject([{ type: 'handheld.blocked', actor: 'ada', appId: 'h1' }]);
  });

  it('with a change: what one instance blocks, the other refuses', async () => {
    const newFeed = memoryFeeds();
    const handhelds = new MemoryHandheldStore();
    const [one, other] = [
      await start({ replication: { feed: newFeed() }, stores: { handhelds } }),
      await start({ replication: { feed: newFeed() }, stores: { handhelds } }),
    ];
    const handheld = await enrolled(one.app);
    for (const { get } of [one, other]) expect((await get('/scans', handheld)).status).toBe(200);
    await one.app.get(Handhelds).block('h1', 'ada', 'lost');
    expect((await one.get('/scans', handheld)).status).toBe(401);
    await eventually(async () => (await other.get('/scans', handheld)).status === 401);
  });

  it('with options: defaults are filled in, and what is given counts', async () => {
    const carriers = [{ name: 'slow', secret: SECRET }];
    const { get } = await start({ depot: { signatureHeader: 'X-Signed-By', carriers } });
    const { 'x-carrier-signature': signature } = signed('/announcements', SECRET, 'slow');
    const response = await get('/announcements', { 'x-signed-by': signature as string });
    expect(await response.text()).toBe('carrier-slow');
  });

  it('with a store: the app may give its own, and health asks it', async () => {
    const handhelds = new MemoryHandheldStore();
    const { app } = await start({ stores: { handhelds } });
    await enrolled(app);
    expect(await handhelds.find('h1')).toMatchObject({ depot: 'bern' });
    expect(await app.get(PortcullisHealth).check()).toMatchObject({
      status: 'up',
      stores: { handhelds: 'up' },
    });
    const broken = new MemoryHandheldStore();
    broken.find = () => Promise.reject(new Error('down'));
    const { stores } = await (await start({ stores: { handhelds: broken } })).app
      .get(PortcullisHealth)
      .check();
    expect(stores).toMatchObject({ handhelds: 'down', bans: 'up' });
  });
});
