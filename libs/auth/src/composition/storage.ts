import type { ApiKeyStore } from '../api-keys/api-key.store.js';
import type { AuditStore } from '../audit/audit.store.js';
import type { BanStore } from '../bans/ban.store.js';
import type { StrikeLimiter } from '../bans/limited-sums.js';
import type { SharedAddressStore } from '../bans/shared-addresses/shared-address.store.js';
import type { FactorStore } from '../mfa/factor.store.js';
import type { LoginTicketStore } from '../mfa/login-ticket.store.js';
import type { AccountLinkStore } from '../oauth/account-link.store.js';
import type { OAuthArtifactStore } from '../oauth/oauth-artifact.store.js';
import type { OAuthClientStore } from '../oauth/oauth-client.store.js';
import type { OAuthConsentStore } from '../oauth/oauth-consent.store.js';
import type { RateLimiter } from '../rate-limits/request-counter.js';
import type { ReplaySet } from '../replay/replay-set.js';
import type { ChangeFeed } from '../replication/change-feed.js';
import type { RevocationStore } from '../revocation/revocation.store.js';
import type { SessionStore } from '../sessions/session.store.js';
import type { SigningKeyStore } from '../tokens/signing-key.store.js';

/** Where durable data is kept. Open: an extension adds its stores here, by declaration merging. */
export interface Stores {
  readonly apiKeys: ApiKeyStore;
  readonly bans: BanStore;
  readonly revocations: RevocationStore;
  readonly sessions: SessionStore;
  readonly factors: FactorStore;
  readonly loginTickets: LoginTicketStore;
  readonly oauthArtifacts: OAuthArtifactStore;
  readonly oauthClients: OAuthClientStore;
  readonly oauthConsents: OAuthConsentStore;
  readonly accountLinks: AccountLinkStore;
  /** Without it made keys are kept in memory, by each process its own. Needs keys to encrypt them with. */
  readonly signingKeys?: SigningKeyStore;
  /** Where known people were served. Without it that is forgotten when the process ends. */
  readonly sharedAddresses?: SharedAddressStore;
  /** The audit log. None by default: then none is kept. */
  readonly audit?: AuditStore;
}

/** What instances share besides their stores, open. */
export interface OpenShared {
  /** Publishes changes to the other instances. */
  readonly feed?: ChangeFeed;
  /** Counts strikes for all instances together. */
  readonly strikeLimiter?: StrikeLimiter;
  /** Counts requests, of API keys and under rate limits, for all instances together. */
  readonly rateLimiter?: RateLimiter;
  /** Knows what was used once. */
  readonly replays?: ReplaySet;
  /**
   * What is wrong with what is shared, in words for whoever runs the app, such as another app that has the same names in it. Asked once, at
   * boot; the app boots without the answer.
   */
  warning?(): Promise<string | undefined>;
  /** Ends the work under way, and closes what it has opened itself. */
  close(): Promise<void>;
}

/** Stores under their names, what their instances share, and what secrets are encrypted with in them. */
export interface OpenStorage extends Partial<Stores>, OpenShared {
  /** What signing keys are encrypted with in the store, as `tokens.issuer.keyEncryptionKeys` has them. */
  readonly keyEncryptionKeys?: readonly string[];
}

/** Who opens a storage. */
export interface OpeningApp {
  /** What tells the app from others, and is the same for all its instances. Undefined where its options say nothing like that. */
  readonly name: string | undefined;
}

/** Where everything is kept that lasts. An app opens it when it boots, and closes it when it has stopped and nothing is left to write. */
export interface Storage {
  /**
   * Takes no time: what has to be connected is connected by the first call. Each app, and each test, opens its own.
   *
   * @throws Error when the app can not have it
   */
  open(app: OpeningApp): OpenStorage;
}

/** What instances share besides their stores, as part of a {@link Storage}. */
export interface SharedStorage {
  open(app: OpeningApp): OpenShared;
}

/** Whether it is a storage, as far as that can be seen. */
export function isStorage(value: unknown): value is Storage {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'open') === 'function';
}
