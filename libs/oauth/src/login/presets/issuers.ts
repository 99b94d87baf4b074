import type { OpenIdProvider } from '../login-provider.js';

type Given = Omit<OpenIdProvider, 'issuer' | 'metadataUrl' | 'claimsOf' | 'identityOf' | 'responseMode'>;

export interface OktaOptions extends Given {
  /** `example.okta.com`, or a domain of your own. */
  readonly domain: string;
  /** The authorization server, such as `default`. By default that of the organization itself. */
  readonly authorizationServer?: string;
}

/**
 * Okta.
 *
 * @see https://developer.okta.com/docs/concepts/auth-servers/
 */
export function okta({ domain, authorizationServer, ...given }: OktaOptions): OpenIdProvider {
  const path = authorizationServer === undefined ? '' : `/oauth2/${authorizationServer}`;
  return { ...given, issuer: `https://${domain}${path}` };
}

export interface Auth0Options extends Given {
  /** `example.eu.auth0.com`, or a domain of your own. */
  readonly domain: string;
}

/**
 * Auth0. Its `iss` ends in a slash.
 *
 * @see https://auth0.com/docs/get-started/applications/configure-applications-with-oidc-discovery
 */
export function auth0({ domain, ...given }: Auth0Options): OpenIdProvider {
  return { ...given, issuer: `https://${domain}/` };
}

export interface KeycloakOptions extends Given {
  /** Where it is: `https://sso.example`, or before version 17 `https://sso.example/auth`. */
  readonly url: string;
  readonly realm: string;
}

/**
 * A realm of Keycloak.
 *
 * @see https://www.keycloak.org/securing-apps/oidc-layers
 */
export function keycloak({ url, realm, ...given }: KeycloakOptions): OpenIdProvider {
  return { ...given, issuer: `${url.replace(/\/$/, '')}/realms/${encodeURIComponent(realm)}` };
}
