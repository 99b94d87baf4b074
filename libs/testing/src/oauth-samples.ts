import type {
  OAuthArtifact,
  OAuthArtifactRecord,
  OAuthArtifactStore,
  OAuthClientRecord,
  OAuthConsentRecord,
} from '@portcullis/auth';
import { fiftyAtATime } from './store-contract.js';

export const NOW = Date.UTC(2020, 0, 1);
export const ISSUER = 'https://issuer.example';
export const MODEL = 'RefreshToken';

/** One that goes on. */
export function artifactOf(idHash: string, details: Partial<OAuthArtifact> = {}): OAuthArtifact {
  return {
    ...{ model: MODEL, idHash, issuer: ISSUER, payload: `what is known of ${idHash}` },
    ...{ grantId: null, uidHash: null, userCodeHash: null, clientId: null, subject: null, sessionId: null },
    ...{ createdAt: NOW, expiresAt: NOW + 1_000 },
    ...details,
  };
}

/** As it is found; not used yet, by default. */
export function foundOf(artifact: OAuthArtifact, consumedAt: number | null = null): OAuthArtifactRecord {
  return { ...artifact, consumedAt };
}

export async function keep(store: OAuthArtifactStore, ...artifacts: readonly OAuthArtifact[]): Promise<void> {
  for (const artifact of artifacts) await store.upsert(artifact);
}

/** Which of these are found. */
export async function idsIn(store: OAuthArtifactStore, ...ids: readonly string[]): Promise<string[]> {
  const found = await fiftyAtATime(ids, (idHash) => store.find({ model: MODEL, idHash }));
  return ids.filter((_, index) => found[index] !== undefined);
}

export function clientOf(clientId: string, details: Partial<OAuthClientRecord> = {}): OAuthClientRecord {
  return {
    ...{ clientId, name: 'Web shop', metadata: '{"redirectUris":["https://shop.example/back"]}' },
    secrets: [
      { id: 's1', hash: 'h1', createdAt: NOW, expiresAt: null },
      { id: 's2', hash: 'h2', createdAt: NOW - 5, expiresAt: NOW + 5 },
    ],
    ...{ createdAt: NOW, disabledAt: null, version: 0 },
    ...details,
  };
}

export function consentOf(clientId: string, details: Partial<OAuthConsentRecord> = {}): OAuthConsentRecord {
  return {
    ...{ issuer: ISSUER, subject: 'ada', clientId },
    scopes: { '': ['openid'], 'https://api.example': ['parcels:read', 'parcels:write'] },
    ...{ createdAt: NOW, updatedAt: NOW, expiresAt: null },
    ...details,
  };
}
