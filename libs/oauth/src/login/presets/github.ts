import type { OAuthProvider } from '../login-provider.js';

type Given = Pick<
  OAuthProvider,
  'clientId' | 'clientSecret' | 'parameters' | 'linkByEmail' | 'createUsers' | 'allowHttpOnLoopback'
>;

export interface GitHubOptions extends Given {
  /** GitHub Enterprise Server, such as `https://github.example.com`. By default github.com. */
  readonly url?: string;
}

interface GitHubUser {
  readonly id?: unknown;
  readonly login?: unknown;
  readonly name?: unknown;
}

interface GitHubEmail {
  readonly email?: unknown;
  readonly primary?: unknown;
  readonly verified?: unknown;
}

/**
 * GitHub, which speaks OAuth 2.0 alone. Somebody is the number of their account: the name may be another's tomorrow.
 *
 * @see https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
 * @see https://docs.github.com/en/rest/users/users#get-the-authenticated-user
 * @see https://docs.github.com/en/rest/users/emails
 */
export function github({ url = 'https://github.com', ...given }: GitHubOptions): OAuthProvider {
  const api = url === 'https://github.com' ? 'https://api.github.com' : `${url}/api/v3`;
  return {
    ...given,
    issuer: `${url}/login/oauth`,
    authorizationEndpoint: `${url}/login/oauth/authorize`,
    tokenEndpoint: `${url}/login/oauth/access_token`,
    scopes: ['read:user', 'user:email'],
    profileOf: async (read) => {
      const user = (await read(`${api}/user`)) as GitHubUser;
      const emails = (await read(`${api}/user/emails`)) as readonly GitHubEmail[];
      const primary = Array.isArray(emails) ? emails.find((each) => each?.primary === true) : undefined;
      const { id, login, name = login } = user;
      return {
        sub: isId(id) ? String(id) : '',
        ...(typeof primary?.email === 'string' && { email: primary.email }),
        isEmailVerified: typeof primary?.email === 'string' && primary.verified === true,
        ...(typeof name === 'string' && { name }),
        claims: { ...user },
      };
    },
  };
}

function isId(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) > 0;
}
