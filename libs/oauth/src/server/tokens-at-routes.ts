import type { KoaContextWithOIDC } from 'oidc-provider';
import type { FoundToken } from './sent-token.js';

const TOKEN_ROUTES = ['introspection', 'revocation'];

/** Whether tokens are sent there to be looked at. */
export function isTokenRoute(route: string | undefined): boolean {
  return TOKEN_ROUTES.includes(route ?? '');
}

/**
 * What introspection says of a token. Whether its grant has ended was asked; that of an exchanged token is another client's. Its user is
 * named as what else there is: the provider would look for its client, which need not be one of the server's.
 */
export function forIntrospection({ grantId: _, accountId, extra, ...rest }: FoundToken): FoundToken {
  return { ...rest, extra: { ...extra, ...(accountId !== undefined && { sub: accountId }) } };
}

/** What a token opens at the server itself is what its grant says: for the API it has other scopes. */
export async function forUserinfo(
  found: FoundToken | undefined,
  context: KoaContextWithOIDC | undefined,
): Promise<FoundToken | undefined> {
  if (found?.grantId === undefined) return undefined;
  const grant = await context?.oidc.provider.Grant.find(found.grantId);
  const { aud: _, ...rest } = found;
  return grant && { ...rest, scope: grant.getOIDCScope() };
}
