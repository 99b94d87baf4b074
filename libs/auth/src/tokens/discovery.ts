import { isSecureUrl } from '../net/secure-url.js';
import { fetchJson } from '../remote/remote-json.js';

/** Where an issuer may say where its keys are: OpenID Connect Discovery section 4, then RFC 8414 section 3.1. */
function metadataUrls(issuer: string): URL[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    new URL(`${origin}${path}/.well-known/openid-configuration`),
    new URL(`${origin}/.well-known/oauth-authorization-server${path}`),
  ];
}

/**
 * Asks an issuer for the URL of its keys.
 *
 * @param allowHttpOnLoopback whether a plain http issuer may be asked, if it is on loopback
 * @throws Error when it doesn't answer, or answers for somebody else (RFC 8414 section 3.3)
 */
export async function discoverJwksUri(issuer: string, allowHttpOnLoopback: boolean): Promise<string> {
  if (!isSecureUrl(issuer, allowHttpOnLoopback))
    throw new Error(`${issuer} is no https URL: set its jwksUri`);
  const [first, second] = metadataUrls(issuer) as [URL, URL];
  const metadata = await fetchJson(first).catch(() => fetchJson(second));
  const { issuer: named, jwks_uri: jwksUri } = metadata as Record<string, unknown>;
  if (named !== issuer) throw new Error(`the metadata of ${issuer} is for another issuer`);
  if (typeof jwksUri !== 'string') throw new Error(`the metadata of ${issuer} has no jwks_uri`);
  return jwksUri;
}
