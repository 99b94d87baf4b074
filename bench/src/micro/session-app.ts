import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@libsql/client';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type DirectoryUser, PortcullisModule, SessionService, TokenIssuer } from '@portcullis/auth';
import { postgres } from '@portcullis/sql/postgres';
import { sqlite } from '@portcullis/sql/sqlite';
import type { JWK } from 'jose';
import pg from 'pg';
import { KnownUsers } from '../../../libs/auth/dist/sessions/user-directory.js';
import { AUDIENCE, SCOPES } from '../credentials/claims.js';
import { rootModule } from '../subjects/routes.js';

export const MOST_REFRESHES = 1_000_000;
export const USER: DirectoryUser = { subject: 'ada', scopes: SCOPES };

const SCHEMA = `portcullis_sessions_${process.pid}`;

/** An app without a server that has sessions. */
export class SessionApp {
  private constructor(
    readonly app: INestApplicationContext,
    private readonly folder: string,
    private readonly place: string,
  ) {}

  /** @param place `PostgreSQL`: that at `DATABASE_URL`, in a schema of its own */
  static async start(place: 'memory' | 'SQLite' | 'PostgreSQL'): Promise<SessionApp> {
    const folder = await mkdtemp(join(tmpdir(), 'portcullis-bench-'));
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const signingKey = { ...(privateKey.export({ format: 'jwk' }) as JWK), alg: 'ES256' };
    const keyEncryptionKeys = [Buffer.alloc(32, 7).toString('base64')];
    const portcullis = PortcullisModule.forRoot({
      tokens: {
        audience: AUDIENCE,
        issuer: { url: 'https://issuer.example', signingKey, keyEncryptionKeys },
      },
      // Measured are refreshes, not their limit.
      sessions: { refreshesPerMinute: MOST_REFRESHES, maxPerUser: 500 },
      ...(place === 'SQLite' && { storage: sqlite({ file: join(folder, 'sessions.db') }) }),
      ...(place === 'PostgreSQL' && {
        storage: postgres({ url: process.env.DATABASE_URL as string, schema: SCHEMA }),
      }),
    });
    const module = rootModule({ imports: [portcullis], controllers: [] });
    const app = await NestFactory.createApplicationContext(module, { logger: false });
    app
      .get(KnownUsers)
      .use({ verifyPassword: async () => undefined, find: async (subject) => ({ ...USER, subject }) });
    return new SessionApp(app, folder, place);
  }

  get sessions(): SessionService {
    return this.app.get(SessionService);
  }

  get issuer(): TokenIssuer {
    return this.app.get(TokenIssuer);
  }

  /** Sessions of others in SQLite, a hundred of each. */
  async fill(count: number): Promise<void> {
    const client = createClient({ url: `file:${join(this.folder, 'sessions.db')}` });
    const now = Date.now();
    const later = now + 86_400_000;
    await client.execute(
      `WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < ${count - 1})
       INSERT INTO portcullis_sessions (id, issuer, subject, client_id, scopes, created_at, auth_time, amr, secret_hash,
         generation, rotated_at, last_used_at, idle_expires_at, expires_at)
       SELECT hex(randomblob(12)), 'https://issuer.example', 'user' || (i / 100), 'web', '[]', ${now} - i, ${now} - i, '["pwd"]',
         hex(randomblob(32)), 0, ${now}, ${now}, ${later} + i, ${later} + i FROM numbers`,
    );
    client.close();
  }

  async close(): Promise<void> {
    await this.app.close();
    await rm(this.folder, { recursive: true });
    if (this.place !== 'PostgreSQL') return;
    const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL as string });
    await pool.query(`DROP SCHEMA ${SCHEMA} CASCADE`);
    await pool.end();
  }
}
