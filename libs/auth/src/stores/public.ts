// What of this room the package gives away.
export { MemoryAccountLinkStore } from './memory/memory-account-link.store.js';
export { MemoryApiKeyStore } from './memory/memory-api-key.store.js';
export { MemoryAuditStore } from './memory/memory-audit.store.js';
export { MemoryBanStore } from './memory/memory-ban.store.js';
export { MemoryFactorStore } from './memory/memory-factor.store.js';
export { MemoryLoginTicketStore } from './memory/memory-login-ticket.store.js';
export { MemoryOAuthArtifactStore } from './memory/memory-oauth-artifact.store.js';
export { MemoryOAuthClientStore } from './memory/memory-oauth-client.store.js';
export { MemoryOAuthConsentStore } from './memory/memory-oauth-consent.store.js';
export { MemoryRevocationStore } from './memory/memory-revocation.store.js';
export { MemorySessionStore } from './memory/memory-session.store.js';
export { MemorySharedAddressStore } from './memory/memory-shared-address.store.js';
export { MemorySigningKeyStore } from './memory/memory-signing-key.store.js';
