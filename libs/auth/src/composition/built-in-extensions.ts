import { API_KEY_STORE } from '../api-keys/api-key.store.js';
import { API_KEYS } from '../api-keys/api-key-extension.js';
import { AUDIT } from '../audit/audit-extension.js';
import { BAN_STORE } from '../bans/ban.store.js';
import { BANS } from '../bans/ban-extension.js';
import { BINDING } from '../binding/binding-extension.js';
import type { PortcullisExtension } from '../extension.js';
import { LEAKS } from '../leaks/leak-extension.js';
import { FACTOR_STORE } from '../mfa/factor.store.js';
import { LOGIN_TICKET_STORE } from '../mfa/login-ticket.store.js';
import { MFA } from '../mfa/mfa-extension.js';
import { ACCOUNT_LINK_STORE } from '../oauth/account-link.store.js';
import { ACCOUNT_LINKS } from '../oauth/account-link-extension.js';
import { OAUTH_ARTIFACT_STORE } from '../oauth/oauth-artifact.store.js';
import { OAUTH_CLIENT_STORE } from '../oauth/oauth-client.store.js';
import { OAUTH_CONSENT_STORE } from '../oauth/oauth-consent.store.js';
import { OAUTH } from '../oauth/oauth-extension.js';
import type { StoreDefinition } from '../options/store-definition.js';
import { PASSWORDS } from '../passwords/password-extension.js';
import { RATE_LIMITING } from '../rate-limits/rate-limit-extension.js';
import { REACTIONS } from '../reactions/reaction-extension.js';
import { REVOCATION_STORE } from '../revocation/revocation.store.js';
import { REVOCATION } from '../revocation/revocation-extension.js';
import { SESSION_STORE } from '../sessions/session.store.js';
import { SESSIONS } from '../sessions/session-extension.js';
import { MemoryAccountLinkStore } from '../stores/memory/memory-account-link.store.js';
import { MemoryApiKeyStore } from '../stores/memory/memory-api-key.store.js';
import { MemoryBanStore } from '../stores/memory/memory-ban.store.js';
import { MemoryFactorStore } from '../stores/memory/memory-factor.store.js';
import { MemoryLoginTicketStore } from '../stores/memory/memory-login-ticket.store.js';
import { MemoryOAuthArtifactStore } from '../stores/memory/memory-oauth-artifact.store.js';
import { MemoryOAuthClientStore } from '../stores/memory/memory-oauth-client.store.js';
import { MemoryOAuthConsentStore } from '../stores/memory/memory-oauth-consent.store.js';
import { MemoryRevocationStore } from '../stores/memory/memory-revocation.store.js';
import { MemorySessionStore } from '../stores/memory/memory-session.store.js';
import { TOKENS } from '../tokens/token-extension.js';
import { CORE } from './core-extension.js';

/** What keeps data where the app says nothing: a port does not know its adapters. */
const IN_MEMORY = new Map<StoreDefinition, () => object>([
  [API_KEY_STORE as StoreDefinition, () => new MemoryApiKeyStore()],
  [BAN_STORE as StoreDefinition, () => new MemoryBanStore()],
  [REVOCATION_STORE as StoreDefinition, () => new MemoryRevocationStore()],
  [SESSION_STORE as StoreDefinition, () => new MemorySessionStore()],
  [FACTOR_STORE as StoreDefinition, () => new MemoryFactorStore()],
  [LOGIN_TICKET_STORE as StoreDefinition, () => new MemoryLoginTicketStore()],
  [OAUTH_ARTIFACT_STORE as StoreDefinition, () => new MemoryOAuthArtifactStore()],
  [OAUTH_CLIENT_STORE as StoreDefinition, () => new MemoryOAuthClientStore()],
  [OAUTH_CONSENT_STORE as StoreDefinition, () => new MemoryOAuthConsentStore()],
  [ACCOUNT_LINK_STORE as StoreDefinition, () => new MemoryAccountLinkStore()],
]);

/** What Portcullis itself is made of, in the order in which credentials are asked for. */
export const BUILT_IN_EXTENSIONS: readonly PortcullisExtension[] = [
  AUDIT,
  REVOCATION,
  REACTIONS,
  BANS,
  RATE_LIMITING,
  TOKENS,
  // In a URL a secret of a client looks like a key of another environment.
  OAUTH,
  API_KEYS,
  // Bearer tokens are asked about from here upwards: refresh tokens begin like API keys, and are told from them by more.
  SESSIONS,
  MFA,
  ACCOUNT_LINKS,
  CORE,
  BINDING,
  LEAKS,
  PASSWORDS,
].map((extension) => ({ ...extension, stores: (extension.stores ?? []).map(withMemory) }));

function withMemory(definition: StoreDefinition): StoreDefinition {
  const inMemory = IN_MEMORY.get(definition);
  return inMemory === undefined ? definition : { ...definition, inMemory };
}
