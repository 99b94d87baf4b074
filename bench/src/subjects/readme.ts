import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PortcullisModule } from '@portcullis/auth';
import { sqlite } from '@portcullis/sql/sqlite';
import { AUDIENCE, ISSUER } from '../credentials/claims.js';
import { createApiKeys, guardedRoutes } from './portcullis.js';
import { rootModule } from './routes.js';
import type { Subject, SubjectMaker } from './subject.js';

const KEY_ENCRYPTION_KEY = Buffer.alloc(32, 1).toString('base64');

/** Ourselves to the letter of the README: an own issuer, everything in SQLite, with an audit log, and proxies that are believed. */
export const readme: SubjectMaker = (plan): Subject => {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const module = PortcullisModule.forRoot({
    // The client signs its tokens itself, so both have the key.
    tokens: { audience: AUDIENCE, issuer: { url: ISSUER, signingKey: plan.signingKey } },
    storage: sqlite({ file: join(folder, 'portcullis.db'), keyEncryptionKeys: [KEY_ENCRYPTION_KEY] }),
    trustedProxies: ['127.0.0.1', '10.0.0.0/8'],
    // The client is refused before anything is measured, to see that it can be.
    bans: { strikeLimit: Number.MAX_SAFE_INTEGER },
  });
  return { module: rootModule({ imports: [module], controllers: guardedRoutes(plan) }), createApiKeys };
};
