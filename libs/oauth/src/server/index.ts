export { PortcullisOAuthServerModule } from './oauth-server.module.js';
export type { PortcullisOAuthServerOptions } from './oauth-server-options.js';
export { preferredLanguage, type WantedLanguages } from './page-languages.js';
export type { OAuthPageLanguages, OAuthPageTexts } from './page-texts.js';
export type {
  DescribedScopes,
  OAuthClientDocuments,
  OAuthLifetimes,
  OAuthRegistration,
  OAuthResource,
} from './server-settings.js';
