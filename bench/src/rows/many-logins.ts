import { setTimeout } from 'node:timers/promises';
import type { Storage } from '@portcullis/auth';
import type { SqlStores } from '@portcullis/sql';
import type { MicroRow } from '../results.js';
import type { Numbers } from './fill-tables.js';
import { stall } from './watching.js';

/** How often each list is asked for. */
const CALLS = 40;
const HOUR = 3_600_000;
const ISSUER = 'https://issuer.example';
/** Has one row of a hundred. */
const BUSY = { issuer: ISSUER, subject: 'busy' };
const ANYBODY = { issuer: ISSUER, subject: 's7777' };

/** So many sessions, factors, account links, clients, grants, consents and addresses each; one of ten is over. */
export function loginFillings(numbers: Numbers, count: number, now: number): readonly string[] {
  const from = numbers(count);
  const [start, end] = [
    now - HOUR - count,
    `CASE WHEN i % 10 = 0 THEN ${now - HOUR} ELSE ${now + 24 * HOUR} END`,
  ];
  const subject = `CASE WHEN i % 100 = 1 THEN 'busy' ELSE 's' || i END`;
  return [
    `INSERT INTO portcullis_sessions (id, issuer, subject, client_id, scopes, created_at, auth_time, amr, secret_hash,
       generation, rotated_at, last_used_at, device, idle_expires_at, expires_at)
     SELECT 's' || i, '${ISSUER}', ${subject}, 'web', '[]', ${start} + i, ${start} + i, '["pwd"]', 'h' || i, 0, ${start} + i, ${start} + i,
       'Firefox on Linux', ${end}, ${end} ${from}`,
    `INSERT INTO portcullis_factors (id, issuer, subject, kind, name, created_at, confirmed_at, data, position)
     SELECT 'f' || i, '${ISSUER}', 's' || i, 'totp', 'phone', ${start} + i, CASE WHEN i % 10 > 0 THEN ${start} + i END, 'sealed', 0 ${from}`,
    `INSERT INTO portcullis_account_links (issuer, subject, provider, upstream_iss, upstream_sub, created_at)
     SELECT '${ISSUER}', 's' || i, 'hub', 'https://hub.example', 'u' || i, ${start} + i ${from}`,
    `INSERT INTO portcullis_oauth_clients (id, name, metadata, secrets, created_at, version)
     SELECT 'c' || i, 'Shop', '{}', '[]', ${start} + i, 0 ${from}`,
    `INSERT INTO portcullis_oauth_artifacts (model, id_hash, issuer, payload, grant_id, client_id, subject, session_id, created_at,
       expires_at, has_ended)
     SELECT 'RefreshToken', 'h' || i, '${ISSUER}', '{}', 'g' || i, 'c' || (i % 1000), ${subject}, 's' || i, ${start} + i, ${end}, 0 ${from}`,
    `INSERT INTO portcullis_oauth_consents (issuer, subject, client_id, scopes, created_at, updated_at, expires_at)
     SELECT '${ISSUER}', ${subject}, 'c' || i, '[]', ${start} + i, ${start} + i, ${end} ${from}`,
    `INSERT INTO portcullis_shared_addresses (id, seen_at) SELECT 'a' || i, ${start} + i ${from}`,
  ];
}

type Call = (stores: SqlStores, now: number) => Promise<unknown>;

const LISTS: Readonly<Record<string, Call>> = {
  'sessions of a user': ({ sessions }, liveAt) => sessions.list({ ...ANYBODY, liveAt, limit: 101 }),
  'sessions of a user with very many': ({ sessions }, liveAt) =>
    sessions.list({ ...BUSY, liveAt, limit: 101 }),
  'factors of a user': ({ factors }) => factors.list(ANYBODY),
  'account links of a user': ({ accountLinks }) => accountLinks.list(ANYBODY),
  'a full page of clients': ({ oauthClients }) => oauthClients.list({ limit: 1_001 }),
  'consents of a user': ({ oauthConsents }) => oauthConsents.list({ ...ANYBODY, limit: 101 }),
  'consents of a user with very many': ({ oauthConsents }) => oauthConsents.list({ ...BUSY, limit: 101 }),
  'shared addresses, a page': ({ sharedAddresses }) => sharedAddresses.list({ since: 0, limit: 1_000 }),
};

/** What is done beside the requests. */
const CHORES: Readonly<Record<string, Call>> = {
  'forgetting a tenth of the sessions': ({ sessions }, now) => sessions.forgetExpiredBefore(now),
  'forgetting a tenth of the factors': ({ factors }, now) => factors.forgetUnconfirmedBefore(now),
  'ending what a client has': ({ oauthArtifacts }) =>
    oauthArtifacts.revoke({ issuer: ISSUER, clientId: 'c7' }),
  'forgetting a tenth of the grants': ({ oauthArtifacts }, now) => oauthArtifacts.forgetExpiredBefore(now),
  'forgetting a tenth of the consents': ({ oauthConsents }, now) => oauthConsents.forgetExpiredBefore(now),
  'keeping 100,000 shared addresses': ({ sharedAddresses }) => sharedAddresses.prune(0, 100_000),
};

/** What the tables behind logins and an authorization server cost. The 95th percentile of each list, and how long it held up all else. */
export async function manyLogins(name: string, storage: Storage): Promise<MicroRow[]> {
  const stores = storage.open({ name: 'bench' }) as SqlStores;
  const rows: MicroRow[] = [];
  const note = (what: string, milliseconds: number) =>
    rows.push({ name: what, subject: name, nanoseconds: milliseconds * 1e6 });
  const now = Date.now();
  for (const [what, list] of Object.entries(LISTS)) {
    const listing = stall();
    const times: number[] = [];
    for (let call = 0; call < CALLS; call++) {
      const begin = performance.now();
      JSON.stringify(await list(stores, now));
      times.push(performance.now() - begin);
      await setTimeout(1);
    }
    times.sort((one, other) => one - other);
    note(`${what}, p95`, times[Math.floor(CALLS * 0.95)] as number);
    note(`${what}, longest stall`, listing());
  }
  for (const [what, chore] of Object.entries(CHORES)) {
    const working = stall();
    const begin = performance.now();
    await chore(stores, now);
    note(what, performance.now() - begin);
    note(`${what}, longest stall`, working());
  }
  await stores.close();
  return rows;
}
