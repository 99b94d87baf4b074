import { AppIdentity, type Identity, UserIdentity } from '../identity/identity.js';
import { keyName, userName } from '../identity/identity-name.js';
import { type IpNetwork, parseIpNetwork } from '../net/ip-address.js';
import type { ApiKeyRecord, RateLimit } from './api-key.store.js';

/** A key whose secret is right and whose time has come. */
export interface ProvenApiKey {
  readonly keyId: string;
  readonly identity: Identity;
  readonly networks: readonly IpNetwork[] | undefined;
  readonly rateLimit: RateLimit | null;
}

/** @param scopes what the key may do now */
export function provenBy(record: ApiKeyRecord, scopes: readonly string[]): ProvenApiKey {
  const { id: keyId, name, tenant, metadata, createdAt, expiresAt, rateLimit } = record;
  const ofTenant = tenant === null ? {} : { tenant };
  const identity =
    'appId' in record
      ? new AppIdentity({ appId: record.appId, name, keyId, scopes, metadata, ...ofTenant })
      : new UserIdentity({
          issuer: record.issuer,
          subject: record.subject,
          keyId,
          issuedAt: Math.floor(createdAt / 1000),
          expiresAt: Math.floor((expiresAt ?? Number.POSITIVE_INFINITY) / 1000),
          scopes,
          claims: {},
          ...ofTenant,
        });
  const networks = record.networks?.map((network) => parseIpNetwork(network) as IpNetwork);
  return { keyId, identity, networks, rateLimit };
}

/** Whose key it is, as one text that tells them from others. */
export function holderNameOf(record: ApiKeyRecord): string {
  return 'appId' in record ? keyName(record.id) : userName(record.issuer, record.subject);
}
