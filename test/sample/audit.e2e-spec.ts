import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { type AuditEntry, AuditTrail, type CreatedApiKey } from '@portcullis/auth';
import { sqlite } from '@portcullis/sql/sqlite';
import { TestCredentials } from '@portcullis/testing';
import { createApp } from '../../apps/sample/src/app.js';
import { readConfig } from '../../apps/sample/src/config.js';
import { beginMinute } from '../support/clock.js';
import { EventRecorder } from '../support/events.js';
import { mistyped } from '../support/mistyped.js';
import { platforms } from '../support/platforms.js';
import { commandsOf, screenOf, start } from '../support/sample-process.js';

const ATTACKER = '203.0.113.9';
const COOKIE = 'sid=5ec2e7c00c1e';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-sample-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe.each(platforms)('the audit log of the sample on %s', (adapter) => {
  let app: INestApplication;
  let url: string;
  let events: EventRecorder;
  let admin: Record<string, string>;
  beforeEach(async () => {
    beginMinute();
    const environment = { ADAPTER: adapter, PORT: '0', LOG_LEVEL: 'fatal', TRUSTED_PROXIES: '127.0.0.1' };
    app = await createApp(readConfig({ ...environment, DATA: folder }));
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
    events = new EventRecorder(app);
    admin = await new TestCredentials(app).user({ subject: 'root', scopes: ['keys:admin', 'audit:read'] });
  });
  afterEach(() => app.close());

  const send = (method: string, path: string, headers: Record<string, string>, body?: object) =>
    fetch(url + path, {
      method,
      headers: { cookie: COOKIE, ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  const list = async (query = '') => {
    const response = await send('GET', `/admin/audit${query}`, admin);
    expect(response.headers.get('cache-control')).toBe('no-store');
    return (await response.json()) as { entries: AuditEntry[]; nextCursor?: string };
  };
  const makeKey = async () => {
    const newKey = { appId: 'shop', name: 'Shop', scopes: ['scans:write'], lifetimeSeconds: 600 };
    const from = { ...admin, 'x-forwarded-for': '192.0.2.1' };
    return (await (await send('POST', '/admin/api-keys', from, newKey)).json()) as CreatedApiKey;
  };

  it('says who did what from where, who was refused and who was banned, and holds no secret', async () => {
    const { id, key } = await makeKey();
    const forged = mistyped(key);
    const refused = await send('GET', '/reports/volume?x=hushhush', {
      ...{ 'x-api-key': key, 'x-forwarded-for': '198.51.100.7' },
    });
    const { requestId } = (await refused.json()) as { requestId: string };
    expect(refused.status).toBe(403);
    await send('GET', '/reports/volume', { 'x-api-key': forged, 'x-forwarded-for': '198.51.100.8' });
    await send('GET', `/reports/volume/${key}`, { 'x-forwarded-for': '198.51.100.9' });
    const authorization = new Headers(admin).get('authorization') as string;
    await send('GET', '/parcels', {
      ...{ authorization: `${authorization}x`, 'x-forwarded-for': '198.51.100.9' },
    });
    for (let index = 0; index < 25; index++)
      await send('GET', `/${index}.php`, { 'x-forwarded-for': ATTACKER });
    await events.first('address.banned');

    expect((await list('?type=api-key.created')).entries).toMatchObject([
      { actor: 'root', address: '192.0.2.1', keyId: id, appId: 'shop', requestId: expect.any(String) },
    ]);
    expect((await list(`?requestId=${requestId}&type=request.refused`)).entries).toMatchObject([
      {
        type: 'request.refused',
        ...{ address: '198.51.100.7', appId: 'shop', keyId: id },
        facts: { code: 'insufficient_scope', request: { path: '/reports/volume' } },
      },
    ]);
    const ofAttacker = (await list(`?address=${ATTACKER}&limit=1000`)).entries;
    expect(ofAttacker.find(({ type }) => type === 'address.banned')?.facts).toMatchObject({
      ban: { network: `${ATTACKER}/32`, rule: expect.any(String) },
    });

    const everything = await app.get(AuditTrail).list({ limit: 1_000 });
    expect(everything?.entries.length).toBeGreaterThan(20);
    const file = join(folder, 'portcullis.db');
    await app.close();
    const kept = JSON.stringify(everything) + (await readFile(file, 'latin1'));
    for (const secret of [key, key.split('_')[3], forged, authorization.slice(7), 'hushhush'])
      expect(kept).not.toContain(secret);
  });

  it('is listed page by page, by what matches', async () => {
    for (let index = 0; index < 5; index++) await makeKey();
    const first = await list('?type=api-key.created&type=api-key.revoked&actor=root&limit=3');
    expect(first.entries).toHaveLength(3);
    const second = await list(`?type=api-key.created&actor=root&limit=3&cursor=${first.nextCursor}`);
    expect(second.entries).toHaveLength(2);
    expect(second.nextCursor).toBeUndefined();
    expect(new Set([...first.entries, ...second.entries].map(({ id }) => id)).size).toBe(5);
    const { at } = second.entries[0] as AuditEntry;
    for (const { at: time } of (await list(`?until=${at}`)).entries) expect(time).toBeLessThan(at);
    for (const { at: time } of (await list(`?since=${at}`)).entries) expect(time).toBeGreaterThanOrEqual(at);
    expect((await list('?address=::ffff:192.0.2.1&type=api-key.created')).entries).toHaveLength(5);
  });

  it.each([
    '?type=everything',
    '?type=',
    '?actor=a&actor=b',
    '?address=everywhere',
    '?since=yesterday',
    '?since=1&since=2',
    '?limit=0',
    '?limit=1001',
    '?cursor=x',
    '?facts=x',
    `?actor=${'x'.repeat(501)}`,
  ])('refuses what makes no sense: %s', async (query) => {
    expect((await send('GET', `/admin/audit${query}`, admin)).status).toBe(400);
  });

  it('keeps a path with anything in it, and finds names that nobody has', async () => {
    await send('GET', '/admin/api-keys/%00%1B%5C', { 'x-forwarded-for': '198.51.100.7' });
    await events.first('request.refused');
    const [entry] = (await list('?address=198.51.100.7')).entries;
    expect(entry?.facts).toMatchObject({ request: { path: '/admin/api-keys/%00%1B%5C' } });
    for (const name of ['%00', "'%20OR%201=1%20--", '%F0%9F%94%91', '%25'])
      expect((await list(`?actor=${name}&subject=${name}`)).entries).toEqual([]);
  });
});

describe('a process of the sample that is told to stop', () => {
  it('has what an admin was answered in its audit log, and the last use of a key in its store', async () => {
    const child = start({ DATA: folder });
    const screen = await screenOf(child);
    const url = /http:\S+(?= \(API)/.exec(screen)?.[0] as string;
    const key = /^KEY=(\S+)$/m.exec(commandsOf(screen).join('\n'))?.[1] as string;
    const password = /^admin +(\S+)/m.exec(screen)?.[1] as string;
    const post = async (path: string, body: object, headers = {}) =>
      (
        await fetch(url + path, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify(body),
        })
      ).json();
    const login = (await post('/auth/login', { username: 'admin', password })) as { access_token: string };
    expect((await fetch(`${url}/reports/volume`, { headers: { 'x-api-key': key } })).status).toBe(200);
    const newKey = { appId: 'shop', name: 'Shop', scopes: [], lifetimeSeconds: 600 };
    const made = await post('/admin/api-keys', newKey, { authorization: `Bearer ${login.access_token}` });
    const exited = once(child, 'close');
    child.kill('SIGTERM');
    await exited;

    const stores = sqlite({ file: join(folder, 'portcullis.db') }).open();
    try {
      const { id } = made as CreatedApiKey;
      expect(await stores.audit.list({ keyId: id, limit: 10 })).toMatchObject([
        { type: 'api-key.created', actor: 'admin', address: '127.0.0.1' },
      ]);
      const used = await stores.apiKeys.findById(key.split('_')[2] as string);
      expect(used?.lastUsedFrom).toBe('127.0.0.1');
    } finally {
      await stores.close();
    }
    expect(child.output().slice(screen.length)).toBe('');
  }, 30_000);
});
