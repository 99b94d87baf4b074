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

type RouteName = keyof typeof ROUTES;

const ID: RegExp = /^\/[^/]+$/;

/** What is below routes. */
const BELOW: Partial<Record<RouteName, RegExp>> = {
  authorization: ID,
  code_verification: ID,
  registration: ID,
  end_session: /^\/(?:confirm|success)$/,
};

/** By which methods routes are asked, where that is not by POST alone. */
const METHODS: Partial<Record<RouteName, string>> = {
  authorization: 'GET, POST',
  jwks: 'GET',
  code_verification: 'GET, POST',
  end_session: 'GET, POST',
  userinfo: 'GET, POST',
};

/** What answers a path, for events: `OAuthServer.token`; undefined for what is no path of the server. */
export function handlerAt(path: string): string | undefined {
  if (path.startsWith(INTERACTION)) return 'OAuthServer.interaction';
  const name = routeAt(path);
  return name && `OAuthServer.${name}`;
}

/** By which methods a path of the server is asked, as `Allow` has them (RFC 9110 section 10.2.1). */
export function methodsAt(path: string): string {
  const name = routeAt(path);
  if (name === undefined) return '';
  if (path === ROUTES[name]) return METHODS[name] ?? 'POST';
  return name === 'end_session' && path.endsWith('/confirm') ? 'POST' : 'GET';
}

function routeAt(path: string): RouteName | undefined {
  return (Object.keys(ROUTES) as RouteName[]).find((each) => isOf(each, path));
}

function isOf(name: RouteName, path: string): boolean {
  const route = ROUTES[name];
  return path === route || (path.startsWith(route) && BELOW[name]?.test(path.slice(route.length)) === true);
}
