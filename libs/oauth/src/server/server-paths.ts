/** What is at which path, under the path of the issuer. */
export const ROUTES = {
  authorization: '/oauth/authorize',
  token: '/oauth/token',
  jwks: '/oauth/jwks',
  device_authorization: '/oauth/device-authorization',
  code_verification: '/oauth/device',
  introspection: '/oauth/introspect',
  revocation: '/oauth/revoke',
  pushed_authorization_request: '/oauth/par',
  registration: '/oauth/register',
  end_session: '/oauth/logout',
  userinfo: '/oauth/userinfo',
} as const;

/** Where whoever logs in, or is asked, goes by in between. */
export const INTERACTION = '/oauth/interaction/';

/** Where everything of the server is. */
export const ROOT = '/oauth/';

/** The path of an issuer, without a slash at its end. */
export function basePathOf(issuer: string): string {
  return new URL(issuer).pathname.replace(/\/$/, '');
}

/** What answers a path, for events: `OAuthServer.token`; undefined for what is no path of the server. */
export function handlerAt(path: string): string | undefined {
  if (!path.startsWith(ROOT)) return undefined;
  if (path.startsWith(INTERACTION)) return 'OAuthServer.interaction';
  const [name] =
    Object.entries(ROUTES).find(([, route]) => path === route || path.startsWith(`${route}/`)) ?? [];
  return name === undefined ? 'OAuthServer' : `OAuthServer.${name}`;
}
