export { accountLinkStoreContract } from './account-link-store-contract.js';
export { apiKeyStoreContract } from './api-key-store-contract.js';
export { auditStoreContract } from './audit-store-contract.js';
export { banStoreContract } from './ban-store-contract.js';
export { changeFeedContract, type SharedFeeds } from './change-feed-contract.js';
export { factorStoreContract } from './factor-store-contract.js';
export { loginTicketStoreContract } from './login-ticket-store-contract.js';
export { memoryFeeds } from './memory-feeds.js';
export { oauthArtifactStoreContract } from './oauth-artifact-store-contract.js';
export { oauthClientStoreContract } from './oauth-client-store-contract.js';
export { oauthConsentStoreContract } from './oauth-consent-store-contract.js';
export { replaySetContract } from './replay-set-contract.js';
export { revocationStoreContract } from './revocation-store-contract.js';
export { sessionStoreContract } from './session-store-contract.js';
export { sharedAddressStoreContract } from './shared-address-store-contract.js';
export { signingKeyStoreContract } from './signing-key-store-contract.js';
export type { StoreContract, StoreContractCase } from './store-contract.js';
export { type ProofChanges, type ProofTarget, TestProofKey } from './test-proof-key.js';
export type { CborValue } from './cbor.js';
export {
  type AnswerChanges,
  TestPasskeyDevice,
  type TestCreationOptions,
  type TestPasskeyAnswer,
  type TestRequestOptions,
} from './test-passkey-device.js';
export { TestClock } from './test-clock.js';
export {
  type TestApp,
  type TestAuthenticatorOwner,
  TestCredentials,
  type TestLogin,
  type TestPersonalToken,
  type TestUser,
} from './test-credentials.js';
export { type TotpCodeOptions, totpCode } from './totp-code.js';
export { TestAuthenticator } from './test-authenticator.js';
export { TestSession } from './test-session.js';
