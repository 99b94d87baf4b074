import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client';
import { Controller, Get } from '@nestjs/common';
import {
  type AppIdentity,
  AuditTrail,
  CurrentApp,
  PortcullisModule,
  RequireApp,
  RequireUser,
  RevocationService,
  type Storage,
  TokenIssuer,
} from '@portcullis/auth';
import { postgres } from '@portcullis/sql/postgres';
import { sqlite } from '@portcullis/sql/sqlite';
import pg from 'pg';
import { type Booted, boot, platforms } from '../support/platforms.js';
import { PostgresServer } from '../support/postgres-server.js';

/** What the first version with durable stores has left behind, as it was dumped then. Whoever changes tables keeps these files. */
const dump = (name: string) =>
  readFileSync(new URL(`../fixtures/first-database/${name}.sql`, import.meta.url), 'utf8');

const ISSUER = 'https://api.example';
const keyEncryptionKeys = [Buffer.alloc(32, 7).toString('base64')];

@Controller()
class DepotController {
  @RequireApp('scans:write')
  @Get('app')
  app(@CurrentApp() { appId, tenant }: AppIdentity) {
    return { appId, tenant };
  }

  @RequireUser('scans:read')
  @Get('user')
  user() {
    return 'in';
  }
}

interface Remains {
  readonly storage: Storage;
  readonly key: string;
  readonly revokedKey: string;
  readonly personalToken: string;
  readonly kid: string;
}

let folder: string;
let server: PostgresServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-first-'));
  server = await PostgresServer.start();
}, 60_000);
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

async function inSqlite(): Promise<Remains> {
  const file = join(folder, 'portcullis.db');
  const client = createClient({ url: pathToFileURL(file).href });
  await client.executeMultiple(dump('sqlite'));
  client.close();
  return {
    storage: sqlite({ file, keyEncryptionKeys }),
    key: 'parcel_live_9xP30yWRPC6Unz6s_OhqzXcc1R1iEzFZ4ZIsdfFYd2rFoTEpDFomQJ2rzmYP4QsImu',
    revokedKey: 'parcel_live_lqKBjxehWXslE02T_akmn9WHgLfnjzkNczvgmngNgsgD808eQI7QrTCSu4ep4dMOG5',
    personalToken: 'parcel_live_MG2KJykqP7Q6CLZg_fGrrymu0gHWclRnl2VZYDBMfV4APK0LYLKB8S3Wd85Y0MNTY6',
    kid: 'QUrjV3OBmEdj4bCyahsnoZCtPno0935LyN8ZdQ3BO0I',
  };
}

async function inPostgres(): Promise<Remains> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query(dump('postgres'));
  await client.end();
  return {
    storage: postgres({ url: server.url, keyEncryptionKeys }),
    key: 'parcel_live_S3pSuHXYb1Hn1k8o_Hh6aR2wOjvwUraacvOziDGBTJCUfkEYmg2gtbHI0mSz0021Va',
    revokedKey: 'parcel_live_bonpHu3cK6ySYVnq_VboelVRYjepTTL67P86GjwcvIKYlZ9fozVMDtXLtjhm031Yn5',
    personalToken: 'parcel_live_OnQmIBy9wWs1qsFM_ehT5w89FODoxqZVeJaYsQ5goZRkPOWFFWVVVgOQjgJn1R83nF',
    kid: 'v4uIL7xHx6gmH2ZZAqGmVQNv1acNwMU9Kxk9wg7Dw2I',
  };
}

describe.each<[string, () => Promise<Remains>]>([
  ['SQLite', inSqlite],
  ['PostgreSQL', inPostgres],
])('a database of the first version in %s', (_, restore) => {
  let remains: Remains;
  let booted: Booted;
  beforeAll(async () => {
    remains = await restore();
    const portcullis = PortcullisModule.forRoot({
      tokens: { audience: 'parcels', issuer: { url: ISSUER } },
      apiKeys: { prefix: 'parcel' },
      storage: remains.storage,
      trustedProxies: ['127.0.0.1'],
    });
    const [platform] = platforms;
    booted = await boot(platform, { imports: [portcullis], controllers: [DepotController] });
  });
  afterAll(() => booted?.app.close());

  const get = (path: string, headers: Record<string, string>) => fetch(booted.url + path, { headers });

  it('knows its API keys and personal tokens, and which are revoked', async () => {
    const known = await get('/app', { 'x-api-key': remains.key });
    expect(await known.json()).toEqual({ appId: 'depot', tenant: 'graz' });
    expect((await get('/app', { 'x-api-key': remains.revokedKey })).status).toBe(401);
    expect((await get('/user', { authorization: `Bearer ${remains.personalToken}` })).status).toBe(200);
  });

  it('goes on signing with its key', async () => {
    const token = await booted.app.get(TokenIssuer).issue({ subject: 'ada', clientId: 'web' });
    const [header] = token.accessToken.split('.') as [string];
    expect(JSON.parse(Buffer.from(header, 'base64url').toString()).kid).toBe(remains.kid);
  });

  it('holds its bans and revocations', async () => {
    const statusFor = async (address: string) => (await get('/app', { 'x-forwarded-for': address })).status;
    expect([await statusFor('203.0.113.7'), await statusFor('203.0.113.8')]).toEqual([403, 401]);
    const facts = { issuer: ISSUER, subject: 'ada', clientId: 'web', sessionId: undefined, issuedAt: 0 };
    expect(booted.app.get(RevocationService).isRevoked({ ...facts, tokenId: 'lost-token' })).toBe(true);
  });

  it('shows its audit log', async () => {
    const page = await booted.app.get(AuditTrail).list({ types: ['address.banned', 'api-key.revoked'] });
    expect(page?.entries.map(({ type, actor }) => [type, actor])).toEqual([
      ['address.banned', null],
      ['address.banned', 'root'],
      ['api-key.revoked', 'root'],
    ]);
  });
});
