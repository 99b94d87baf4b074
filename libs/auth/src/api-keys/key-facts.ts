import { thumbprintOf } from '../binding/message-signature-key.js';
import type { ApiKeyDetails, ApiKeyHolder, ApiKeyInfo, ApiKeyRecord } from './api-key.store.js';

/** What events say about a key. */
export interface ApiKeyFacts {
  readonly keyId: string;
  /** The app that it belongs to, if it is an app's. */
  readonly appId?: string;
  /** `sub` of the user whose personal token it is. */
  readonly subject?: string;
}

export function keyFactsOf(key: ApiKeyHolder & Pick<ApiKeyDetails, 'id'>): ApiKeyFacts {
  return 'appId' in key ? { keyId: key.id, appId: key.appId } : { keyId: key.id, subject: key.subject };
}

/** A record without its hash, and of its public key the name alone. */
export function infoOf({ hash: _, publicKey, ...info }: ApiKeyRecord): ApiKeyInfo {
  return { ...info, publicKeyThumbprint: publicKey && thumbprintOf(publicKey) } as ApiKeyInfo;
}
