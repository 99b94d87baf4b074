import type { Clock } from '../options/clock.js';
import type { SessionStore } from '../sessions/session.store.js';
import type { OAuthArtifactStore } from './oauth-artifact.store.js';
import type { OAuthClientStore } from './oauth-client.store.js';
import type { OAuthConsentStore } from './oauth-consent.store.js';

/** Injects the {@link OAuthSettings}. */
export const OAUTH_SETTINGS = Symbol('portcullis.oauth');

/** What of the options this room reads. */
export interface OAuthSettings {
  /** Secrets of clients begin like API keys do, and are hashed like them. */
  readonly apiKeys: { readonly prefix: string; readonly peppers: readonly (string | Uint8Array)[] };
  readonly tokens?: {
    readonly issuer?: {
      readonly url: string;
      readonly keyEncryptionKeys?: readonly string[];
    };
  };
  readonly stores: {
    readonly oauthArtifacts: OAuthArtifactStore;
    readonly oauthClients: OAuthClientStore;
    readonly oauthConsents: OAuthConsentStore;
    readonly sessions: SessionStore;
  };
  readonly now: Clock;
}
