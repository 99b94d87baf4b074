// What of this room the package gives away.
export type { ClaimsDemand } from './claims-demand.js';
export type { IssuerProfileName } from './issuer-profile.js';
export { KeyRing } from './key-ring.js';
export type { LoginDemand } from './login-demand.js';
export { RequireClaims } from './require-claims.decorator.js';
export { RequireLogin } from './require-login.decorator.js';
export type { SigningKeyStore, StoredSigningKey } from './signing-key.store.js';
export type {} from './signing-key-changes.js';
export type {} from './token-events.js';
export {
  type Authentication,
  type IssuedToken,
  type NewClientToken,
  type NewToken,
  TokenIssuer,
} from './token-issuer.js';
export type {} from './token-refusals.js';
export type { AsymmetricAlgorithm, TokenAlgorithm } from './verification-key.js';
