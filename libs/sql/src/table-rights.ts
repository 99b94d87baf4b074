export type TableRight = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';

const EVERY: readonly TableRight[] = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
const WITHOUT_UPDATE: readonly TableRight[] = ['SELECT', 'INSERT', 'DELETE'];

/**
 * What the user of an app with `migrate: false` needs in PostgreSQL, beside USAGE of the schema: nothing more. The names are those of
 * the tables behind their prefix.
 */
export const TABLE_RIGHTS: Readonly<Record<string, readonly TableRight[]>> = {
  migrations: ['SELECT'],
  app: ['SELECT', 'INSERT'],
  api_keys: ['SELECT', 'INSERT', 'UPDATE'],
  bans: EVERY,
  ban_strikes: EVERY,
  revocations: EVERY,
  replays: EVERY,
  sessions: EVERY,
  factors: EVERY,
  factor_codes: WITHOUT_UPDATE,
  factor_tries: EVERY,
  login_tickets: EVERY,
  oauth_artifacts: EVERY,
  oauth_clients: EVERY,
  oauth_consents: EVERY,
  account_links: EVERY,
  shared_addresses: EVERY,
  audit: WITHOUT_UPDATE,
  changes: WITHOUT_UPDATE,
  signing_keys: WITHOUT_UPDATE,
};
