import type { TokenOptions } from './token.options.js';

/** The URL under which clients reach this API; undefined where nobody said. */
export function resourceOf({ resource, issuer }: TokenOptions): string | undefined {
  return resource ?? issuer?.url;
}

/** Where the metadata of this API is: between host and path (RFC 9728 section 3.1). */
export function resourceMetadataUrl(tokens: TokenOptions): string | undefined {
  const resource = resourceOf(tokens);
  if (resource === undefined) return undefined;
  const { origin, pathname } = new URL(resource);
  return `${origin}/.well-known/oauth-protected-resource${pathname.replace(/\/$/, '')}`;
}
