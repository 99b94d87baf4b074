import type { AuditEntry, AuditQuery, AuditStore } from '@portcullis/auth';

export const NOW = Date.UTC(2020, 0, 1);

/** A refusal, with every name but the actor's. */
export function entryOf(id: string, details: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id,
    at: NOW,
    type: 'request.refused',
    actor: null,
    subject: 'ann',
    appId: 'depot',
    keyId: 'k1',
    address: '203.0.113.7',
    requestId: 'r1',
    facts: {
      request: { requestId: 'r1', method: 'GET', path: '/parcels', address: '203.0.113.7' },
      code: 'insufficient_scope',
      status: 403,
    },
    ...details,
  };
}

/** Has another value than {@link entryOf} wherever there can be one. */
export const OTHER_DETAILS: Omit<AuditEntry, 'id'> = {
  at: NOW - 5_000,
  type: 'bans.imported',
  actor: 'root',
  subject: null,
  appId: null,
  keyId: null,
  address: null,
  requestId: null,
  facts: { count: 7, actor: 'root' },
};

export const NO_NAMES = {
  actor: null,
  subject: null,
  appId: null,
  keyId: null,
  address: null,
  requestId: null,
} as const;

export function idsOf(entries: readonly Pick<AuditEntry, 'id'>[]): string[] {
  return entries.map(({ id }) => id);
}

/** Where no page is wanted. */
export function listAll(store: AuditStore, query: Partial<AuditQuery> = {}): Promise<readonly AuditEntry[]> {
  return store.list({ limit: 100_000, ...query });
}

export async function listedIds(store: AuditStore, query: Partial<AuditQuery> = {}): Promise<string[]> {
  return idsOf(await listAll(store, query));
}
