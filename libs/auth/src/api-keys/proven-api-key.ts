import { MessageSignatureKey } from '../binding/message-signature-key.js';
import { AppIdentity, type Identity, UserIdentity } from '../identity/identity.js';
import { keyName, userName } from '../identity/identity-name.js';
import { type IpNetwork, parseIpNetwork } from '../net/ip-address.js';
import type { RequestLimit } from '../rate-limits/request-limit.js';
import type { ApiKeyRecord } from './api-key.store.js';
import { unavailable } from './api-key-reads.js';

/** A key whose secret is right and whose time has come. */
export interface ProvenApiKey {
  readonly keyId: string;
  readonly identity: Identity;
  readonly networks: readonly IpNetwork[] | undefined;
  readonly rateLimit: RequestLimit | null;
  /** What each request with it has to be signed by; undefined where nothing has to. */
  readonly signatureKey: MessageSignatureKey | undefined;
}

/** What a key proves, whose secret and state are right. */
export function provenBy(record: ApiKeyRecord, scopes: readonly string[]): ProvenApiKey {
  const { id: keyId, name, tenant, metadata, createdAt, expiresAt, rateLimit } = record;
  const ofTenant = tenant === null ? {} : { tenant };
  const signatureKey = signatureKeyOf(record);
  const bound = signatureKey === undefined ? {} : { confirmation: { jkt: signatureKey.thumbprint } };
  const identity =
    'appId' in record
      ? new AppIdentity({ appId: record.appId, name, keyId, scopes, metadata, ...ofTenant, ...bound })
      : new UserIdentity({
          issuer: record.issuer,
          subject: record.subject,
          keyId,
          issuedAt: Math.floor(createdAt / 1000),
          expiresAt: Math.floor((expiresAt ?? Number.POSITIVE_INFINITY) / 1000),
          scopes,
          claims: {},
          ...ofTenant,
          ...bound,
        });
  const networks = record.networks?.map((network) => parseIpNetwork(network) as IpNetwork);
  return { keyId, identity, networks, rateLimit, signatureKey };
}

/** A key whose binding can't be read is not one that is bound to nothing, nor is one of which a store says nothing. */
function signatureKeyOf({ id, publicKey }: ApiKeyRecord): MessageSignatureKey | undefined {
  if (publicKey === null) return undefined;
  try {
    return new MessageSignatureKey(publicKey);
  } catch (cause) {
    throw unavailable(`the public key of ${id} can not be read: ${cause}`, cause);
  }
}

/** Whose key it is, as one text that tells them from others. */
export function holderNameOf(record: ApiKeyRecord): string {
  return 'appId' in record ? keyName(record.id) : userName(record.issuer, record.subject);
}
