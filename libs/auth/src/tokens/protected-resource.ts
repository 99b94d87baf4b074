import type { TokenOptions } from './token.options.js';

/** The URL under which clients reach this API; undefined where nobody said. */
export function resourceOf({ resource, issuer }: TokenOptions): string | undefined {
  return resource ?? issuer?.url;
}

/** Where the metadata of this API is: what says so goes between the host and what follows it (RFC 9728 section 3.1). */
export function resourceMetadataUrl(tokens: TokenOptions): string | undefined {
  const resource = resourceOf(tokens);
  if (resource === undefined) return undefined;
  const { origin, pathname, search } = new URL(resource);
  const path = pathname === '/' ? '' : pathname;
  return `${origin}/.well-known/oauth-protected-resource${path}${search}`;
}
