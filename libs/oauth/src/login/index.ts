export { type AccountLink, AccountLinks, type LinkedBy } from './account-links.js';
export { PortcullisLoginModule, type PortcullisLoginOptions } from './login.module.js';
export type {
  Claims,
  ClientKey,
  LoginProvider,
  OAuthProfile,
  OAuthProvider,
  OpenIdProvider,
} from './login-provider.js';
export {
  ACCOUNT_LINK_CONFLICT,
  ACCOUNT_LINK_REQUIRED,
  INVALID_LOGOUT_TOKEN,
  LOGIN_NOT_BEGUN,
  SIGN_ON_FAILED,
} from './login-refusals.js';
export type { LoginPages } from './login-settings.js';
export { type AppleOptions, apple } from './presets/apple.js';
export { type EntraOptions, entra } from './presets/entra.js';
export { type FacebookOptions, facebook } from './presets/facebook.js';
export { type GitHubOptions, github } from './presets/github.js';
export { type GoogleOptions, google } from './presets/google.js';
export {
  type Auth0Options,
  auth0,
  type KeycloakOptions,
  keycloak,
  type OktaOptions,
  okta,
} from './presets/issuers.js';
