import type { SessionRecord, SessionStore } from '@portcullis/auth';

export const NOW = Date.UTC(2020, 0, 1);
export const ISSUER = 'https://issuer.example';
export const ADA = { issuer: ISSUER, subject: 'ada' };

/** A session that goes on. */
export function sessionOf(id: string, details: Partial<SessionRecord> = {}): SessionRecord {
  return {
    id,
    ...ADA,
    clientId: 'web',
    scopes: ['parcels:read'],
    createdAt: NOW,
    authTime: NOW,
    acr: null,
    amr: ['pwd'],
    secretHash: `hash of ${id}`,
    generation: 0,
    rotatedAt: NOW,
    refreshes: 0,
    refreshesSince: NOW,
    lastUsedAt: NOW,
    lastUsedFrom: '192.0.2.1',
    device: 'phone',
    binding: null,
    upstream: null,
    raised: null,
    idleExpiresAt: NOW + 1_000,
    expiresAt: NOW + 5_000,
    endedAt: null,
    endedReason: null,
    ...details,
  };
}

/** One use, a little later. */
export const USE = {
  at: NOW + 10,
  from: '192.0.2.2',
  idleExpiresAt: NOW + 1_010,
  limit: { requests: 3, windowSeconds: 60 },
};

export async function keep(store: SessionStore, ...sessions: readonly SessionRecord[]): Promise<void> {
  for (const session of sessions) await store.insert(session);
}

export const idsOf = (sessions: readonly SessionRecord[]) => sessions.map(({ id }) => id);
