import { ROUTES } from './server-paths.js';
import type { OAuthServerSettings } from './server-settings.js';

/** How clients may prove themselves. */
export const CLIENT_AUTHENTICATION = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
] as const;

/** What clients sign their assertions with. */
export const SIGNATURES = ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'] as const;

/** What is asked of the server itself, and not of an API. */
export const OWN_SCOPES = ['openid', 'offline_access', 'profile', 'email'] as const;

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';

/**
 * What this app is as an authorization server, besides its issuer and its keys: RFC 8414 section 2, with OpenID Connect Discovery section 3,
 * RFC 8628, RFC 8705, RFC 9126, RFC 9207 and RFC 9449.
 */
export function serverMetadata(
  issuer: string,
  { scopes, resources, registration, clientDocuments }: OAuthServerSettings,
  idTokenAlgorithms: readonly string[],
  proofAlgorithms: readonly string[],
): Readonly<Record<string, unknown>> {
  const at = (route: keyof typeof ROUTES) => `${issuer.replace(/\/$/, '')}${ROUTES[route]}`;
  const ofResources = Object.values(resources).flatMap((resource) => Object.keys(resource.scopes));
  return {
    authorization_endpoint: at('authorization'),
    token_endpoint: at('token'),
    userinfo_endpoint: at('userinfo'),
    introspection_endpoint: at('introspection'),
    revocation_endpoint: at('revocation'),
    device_authorization_endpoint: at('device_authorization'),
    pushed_authorization_request_endpoint: at('pushed_authorization_request'),
    end_session_endpoint: at('end_session'),
    ...(registration && { registration_endpoint: at('registration') }),
    client_id_metadata_document_supported: clientDocuments !== undefined,
    scopes_supported: [...new Set([...OWN_SCOPES, ...Object.keys(scopes), ...ofResources])],
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post'],
    grant_types_supported: [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      DEVICE_CODE,
      TOKEN_EXCHANGE,
    ],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION,
    token_endpoint_auth_signing_alg_values_supported: SIGNATURES,
    introspection_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION.filter(
      (method) => method !== 'none',
    ),
    introspection_endpoint_auth_signing_alg_values_supported: SIGNATURES,
    revocation_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION,
    revocation_endpoint_auth_signing_alg_values_supported: SIGNATURES,
    dpop_signing_alg_values_supported: proofAlgorithms,
    tls_client_certificate_bound_access_tokens: true,
    authorization_response_iss_parameter_supported: true,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: idTokenAlgorithms,
    claims_parameter_supported: false,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
  };
}
