import type { Ban, BanQuery, BanRecord, BanStore, Strike } from '@portcullis/auth';

export const NOW = Date.UTC(2020, 0, 1);
export const NETWORK = '203.0.113.7/32';

export const STRIKE: Strike = {
  rule: 'unknown-key',
  points: 10,
  at: NOW - 2_000,
  address: '203.0.113.7',
  requestId: 'r1',
  method: 'GET',
  path: '/parcels',
  status: 401,
};

/** A ban that a rule decided, active now, with two strikes. */
export function banOf(id: string, details: Partial<BanRecord> = {}): BanRecord {
  return {
    id,
    network: NETWORK,
    reason: '20 strikes',
    rule: 'unknown-key',
    actor: null,
    offence: 1,
    shadow: false,
    createdAt: NOW - 1_000,
    expiresAt: NOW + 1_000,
    liftedAt: null,
    liftedBy: null,
    strikes: [{ ...STRIKE }, { ...STRIKE, at: NOW - 1_000, requestId: 'r2' }],
    ...details,
  };
}

/** Has another value than {@link banOf} wherever there can be one. */
export const OTHER_DETAILS: Omit<BanRecord, 'id'> = {
  network: '2001:db8:0:1::/64',
  reason: 'attacks us',
  rule: null,
  actor: 'ops',
  offence: 7,
  shadow: true,
  createdAt: NOW - 5_000,
  expiresAt: NOW + 500,
  liftedAt: NOW + 500,
  liftedBy: 'boss',
  strikes: [
    {
      rule: 'honeypot',
      points: 1,
      at: NOW - 9_000,
      address: '2001:db8:0:1::5',
      requestId: 'r9',
      method: 'DELETE',
      path: '/.env',
      status: 404,
    },
  ],
};

export function withoutStrikes({ strikes: _, ...ban }: BanRecord): Ban {
  return ban;
}

export function idsOf(bans: readonly Pick<Ban, 'id'>[]): string[] {
  return bans.map(({ id }) => id);
}

/** Where no page is wanted. */
export function listAll(store: BanStore, query: Partial<BanQuery> = {}): Promise<readonly Ban[]> {
  return store.list({ limit: 100_000, ...query });
}

export async function listedIds(store: BanStore, query: Partial<BanQuery> = {}): Promise<string[]> {
  return idsOf(await listAll(store, query));
}
