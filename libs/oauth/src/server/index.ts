export { PortcullisOAuthServerModule, type PortcullisOAuthServerOptions } from './oauth-server.module.js';
export type { OAuthPageTexts } from './page-texts.js';
export type { DescribedScopes, OAuthLifetimes, OAuthResource } from './server-settings.js';
