import { MemoryReplaySet } from '../replay/memory-replay-set.js';
import { MemoryAccountLinkStore } from '../stores/memory/memory-account-link.store.js';
import { MemoryApiKeyStore } from '../stores/memory/memory-api-key.store.js';
import { MemoryAuditStore } from '../stores/memory/memory-audit.store.js';
import { MemoryBanStore } from '../stores/memory/memory-ban.store.js';
import { MemoryFactorStore } from '../stores/memory/memory-factor.store.js';
import { MemoryLoginTicketStore } from '../stores/memory/memory-login-ticket.store.js';
import { MemoryOAuthArtifactStore } from '../stores/memory/memory-oauth-artifact.store.js';
import { MemoryOAuthClientStore } from '../stores/memory/memory-oauth-client.store.js';
import { MemoryOAuthConsentStore } from '../stores/memory/memory-oauth-consent.store.js';
import { MemoryRevocationStore } from '../stores/memory/memory-revocation.store.js';
import { MemorySessionStore } from '../stores/memory/memory-session.store.js';
import type { Storage, Stores } from './storage.js';

/** Keeps everything in memory, the audit log too, until the app is closed: for tests, and to try things out. Signing keys are made anew by each app. */
export function memory(): Storage {
  return {
    open: () => ({
      ...memoryStores(),
      audit: new MemoryAuditStore(),
      replays: new MemoryReplaySet(),
      close: async () => {},
    }),
  };
}

/** The stores that an app has to have, empty. */
export function memoryStores(): Stores {
  return {
    apiKeys: new MemoryApiKeyStore(),
    bans: new MemoryBanStore(),
    revocations: new MemoryRevocationStore(),
    sessions: new MemorySessionStore(),
    factors: new MemoryFactorStore(),
    loginTickets: new MemoryLoginTicketStore(),
    oauthArtifacts: new MemoryOAuthArtifactStore(),
    oauthClients: new MemoryOAuthClientStore(),
    oauthConsents: new MemoryOAuthConsentStore(),
    accountLinks: new MemoryAccountLinkStore(),
  };
}
