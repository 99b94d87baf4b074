import type { ApiKeyDetails, ApiKeyQuery, ApiKeyRecord, ApiKeyStore } from '@portcullis/auth';

/** When the sample keys were made. */
export const CREATED = Date.UTC(2030, 0, 1);
/** When something happens to them. */
export const NOW = CREATED + 1_000;
export const ISSUER = 'https://issuer.example';

type Details = Partial<ApiKeyDetails & Pick<ApiKeyRecord, 'hash' | 'publicKey'>>;

/** A key of an app, which works from its making on. */
export function appKey(
  id: string,
  { appId = 'depot', ...details }: Details & { appId?: string } = {},
): ApiKeyRecord {
  return { ...plainKey(id), appId, ...details };
}

/** A personal token of a user, which works from its making on. */
export function userKey(
  id: string,
  { issuer = ISSUER, subject = 'ann', ...details }: Details & { issuer?: string; subject?: string } = {},
): ApiKeyRecord {
  return { ...plainKey(id), issuer, subject, ...details };
}

function plainKey(id: string): ApiKeyDetails & Pick<ApiKeyRecord, 'hash' | 'publicKey'> {
  return {
    id,
    hash: `hash of ${id}`,
    name: 'Depot Bern',
    owner: null,
    tenant: null,
    metadata: {},
    scopes: ['scans:write', 'parcels:*'],
    networks: null,
    rateLimit: null,
    publicKey: null,
    createdAt: CREATED,
    notBefore: CREATED,
    expiresAt: null,
    disabledAt: null,
    revokedAt: null,
    revokedReason: null,
    replacedBy: null,
    lastUsedAt: null,
    lastUsedFrom: null,
  };
}

/** Has a value wherever there can be one. */
export const FULL_DETAILS: Details = {
  owner: 'ops@depot.example',
  tenant: 'bern',
  metadata: { plan: 'gold' },
  scopes: ['c', 'a', 'b:*'],
  networks: ['2001:db8::/32', '10.0.0.0/8'],
  rateLimit: { requests: 7, windowSeconds: 60 },
  publicKey: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
  notBefore: CREATED + 1,
  expiresAt: CREATED + 9_000,
  disabledAt: CREATED + 3,
  revokedAt: CREATED + 4,
  revokedReason: 'lost',
  replacedBy: 'k9',
  lastUsedAt: CREATED + 5,
  lastUsedFrom: '2001:db8::1',
};

export async function insertAll(store: ApiKeyStore, records: readonly ApiKeyRecord[]): Promise<void> {
  for (const record of records) await store.insert(record);
}

/** Where no page is wanted. */
export function listAll(
  store: ApiKeyStore,
  query: Partial<ApiKeyQuery> = {},
): Promise<readonly ApiKeyRecord[]> {
  return store.list({ limit: 1_000, ...query });
}

export function idsOf(records: readonly ApiKeyRecord[]): string[] {
  return records.map(({ id }) => id);
}

export async function listedIds(store: ApiKeyStore, query: Partial<ApiKeyQuery> = {}): Promise<string[]> {
  return idsOf(await listAll(store, query));
}

/** For what is promised in no order. */
export function byId(records: readonly ApiKeyRecord[]): ApiKeyRecord[] {
  return records.toSorted((one, other) => (one.id < other.id ? -1 : 1));
}
