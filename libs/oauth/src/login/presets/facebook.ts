import type { OAuthProvider } from '../login-provider.js';

export interface FacebookOptions
  extends Pick<
    OAuthProvider,
    'clientId' | 'clientSecret' | 'parameters' | 'createUsers' | 'allowHttpOnLoopback'
  > {
  /** Of the Graph API, such as `v23.0`. */
  readonly version?: string;
  /** Where dialog and API are, in the place of `https://www.facebook.com` and `https://graph.facebook.com`. */
  readonly urls?: { readonly dialog: string; readonly graph: string };
}

const URLS = { dialog: 'https://www.facebook.com', graph: 'https://graph.facebook.com' };

interface FacebookUser {
  readonly id?: unknown;
  readonly name?: unknown;
  readonly email?: unknown;
}

/**
 * Facebook, by its Graph API. Somebody is their number, which is theirs in this app alone. It does not say whether an address is verified,
 * so that none links an account.
 *
 * @see https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow
 * @see https://developers.facebook.com/docs/graph-api/reference/user/
 */
export function facebook({ version = 'v23.0', urls = URLS, ...given }: FacebookOptions): OAuthProvider {
  const { dialog, graph } = urls;
  return {
    ...given,
    issuer: dialog,
    authorizationEndpoint: `${dialog}/${version}/dialog/oauth`,
    tokenEndpoint: `${graph}/${version}/oauth/access_token`,
    scopes: ['public_profile', 'email'],
    profileOf: async (read) => {
      const user = (await read(`${graph}/${version}/me?fields=id,name,email`)) as FacebookUser;
      const { id, name, email } = user;
      return {
        sub: typeof id === 'string' && /^\d{1,32}$/.test(id) ? id : '',
        ...(typeof email === 'string' && { email }),
        isEmailVerified: false,
        ...(typeof name === 'string' && { name }),
        claims: { ...user },
      };
    },
  };
}
