import type { Authentication, Confirmation } from '@portcullis/auth';
import { scopesWithin } from '@portcullis/auth/internal';
import type { AccessToken, Client, ClientCredentials, KoaContextWithOIDC, Session } from 'oidc-provider';
import type { ServerAccount } from './server-accounts.js';
import type { ServerTokens } from './server-tokens.js';

/** What everything that comes of a login holds besides what the provider keeps. */
export interface WithLogin {
  /** `sid` of the login at the app. */
  login?: string;
}

/** What tokens come of. */
type Source = WithLogin & { acr?: string; amr?: string[]; authTime?: number };

/** The login that something comes of: that of the browser, or of what is redeemed. */
export function loginOf(context: KoaContextWithOIDC | undefined): string | undefined {
  const { session, entities } = context?.oidc ?? {};
  return ((session as Session & WithLogin) ?? sourceIn(entities))?.login ?? sourceIn(entities)?.login;
}

function sourceIn(entities: KoaContextWithOIDC['oidc']['entities'] | undefined): Source | undefined {
  const { AuthorizationCode, DeviceCode, RotatedRefreshToken, RefreshToken } = entities ?? {};
  // The refresh token that a code or another one is redeemed for is there as well, before it has anything of its own.
  return (AuthorizationCode ?? DeviceCode ?? RotatedRefreshToken ?? RefreshToken) as Source | undefined;
}

/** The access token of a user that a model stands for. */
export async function issueFor(
  token: AccessToken & { readonly expiresWithSession?: boolean },
  context: KoaContextWithOIDC | undefined,
  tokens: ServerTokens,
) {
  const { client, grantId, resourceServer } = token;
  const account = context?.oidc.entities.Account as ServerAccount | undefined;
  if (client === undefined || grantId === undefined || account === undefined)
    throw new Error('An access token comes of a client and a grant of a user');
  const source = sourceIn(context?.oidc.entities);
  return tokens.issue({
    user: account.user,
    clientId: client.clientId,
    grantId,
    login: token.expiresWithSession === true ? source?.login : undefined,
    authentication: source && authenticationOf(source),
    ...requestOf(token, tokens),
    audience: resourceServer?.audience,
    isCompact: client.compact_tokens === true,
  });
}

/** That of a client which acts for itself. */
export async function issueToClient(token: ClientCredentials, tokens: ServerTokens) {
  const { client } = token;
  if (client === undefined) throw new Error('An access token comes of a client');
  const allowed = Array.isArray(client.granted_scopes) ? (client.granted_scopes as string[]) : [];
  const { scopes, ...request } = requestOf(token, tokens);
  return tokens.issueToClient({
    ...request,
    clientId: client.clientId,
    // Without a user who agrees it may do what was written down for it, and nothing else.
    scopes: scopesWithin(scopes, allowed),
    audience: token.resourceServer?.audience,
  });
}

function requestOf(
  token: { client?: Client | undefined } & {
    scope?: string | undefined;
    jkt?: string | undefined;
    'x5t#S256'?: string | undefined;
    resourceServer?: { audience?: string | undefined } | undefined;
  },
  tokens: ServerTokens,
) {
  const { client, scope, resourceServer } = token;
  return {
    scopes: scope === undefined || scope === '' ? [] : scope.split(' '),
    confirmation: confirmationOf(token),
    lifetimeSeconds: tokens.lifetimeOf(client, resourceServer?.audience),
  };
}

function confirmationOf(token: {
  jkt?: string | undefined;
  'x5t#S256'?: string | undefined;
}): Confirmation | undefined {
  if (token.jkt !== undefined) return { jkt: token.jkt };
  const thumbprint = token['x5t#S256'];
  return thumbprint === undefined ? undefined : { 'x5t#S256': thumbprint };
}

function authenticationOf({ acr, amr, authTime }: Source): Authentication {
  return {
    ...(authTime !== undefined && { time: authTime }),
    ...(amr !== undefined && { methods: amr }),
    ...(acr !== undefined && { context: acr }),
  };
}
