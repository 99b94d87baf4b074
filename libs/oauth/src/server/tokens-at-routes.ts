import type { KoaContextWithOIDC } from 'oidc-provider';
import type { FoundToken } from './server-token-reader.js';

const TOKEN_ROUTES = ['introspection', 'revocation'];

/** Whether tokens are sent there to be looked at. */
export function isTokenRoute(route: string | undefined): boolean {
  return TOKEN_ROUTES.includes(route ?? '');
}

/** A token of ours as the provider is to see it where it was sent. */
export async function forRoute(
  found: FoundToken | undefined,
  context: KoaContextWithOIDC | undefined,
): Promise<FoundToken | undefined> {
  if (context?.oidc.route === 'userinfo') return forUserinfo(found, context);
  if (context?.oidc.route !== 'introspection' || found === undefined) return found;
  // Whether its grant has ended was asked; that of an exchanged token is another client's.
  const { grantId: _, ...rest } = found;
  return rest;
}

/** What a token opens at the server itself is what its grant says: for the API it has other scopes. */
async function forUserinfo(
  found: FoundToken | undefined,
  context: KoaContextWithOIDC | undefined,
): Promise<FoundToken | undefined> {
  if (found?.grantId === undefined) return undefined;
  const grant = await context?.oidc.provider.Grant.find(found.grantId);
  const { aud: _, ...rest } = found;
  return grant && { ...rest, scope: grant.getOIDCScope() };
}
