import { type Finding, fail, ok, warn } from '../finding.js';

const CHECK = 'issuer';

/** Whether others can find what they need under the URL that our tokens name (RFC 8414 sections 2 and 3). */
export function checkIssuer(issuer: string, isProduction: boolean): Finding {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return fail(CHECK, 'ISSUER is not an https URL', 'write the URL under which clients reach the app');
  if (url.username !== '' || url.password !== '')
    return fail(CHECK, 'ISSUER holds a user or a password', 'leave them out: every token shows this URL');
  if (/[?#]/.test(issuer))
    return fail(CHECK, 'ISSUER has a query or a fragment', 'leave it out: RFC 8414 allows none');
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'http:' && !isLoopback)
    return fail(
      CHECK,
      'ISSUER is plain http',
      'use https: whoever is in between could put in keys of theirs',
    );
  return checkPath(url) ?? checkPlace(isLoopback && isProduction);
}

function checkPath({ pathname }: URL): Finding | undefined {
  const path = pathname.replace(/\/$/, '');
  if (path === '') return undefined;
  const segments = path.slice(1).split('/');
  if (segments.some((segment) => !/^[\w~-][\w.~-]*$/.test(segment)))
    return fail(
      CHECK,
      'the path of ISSUER is one that no client finds the metadata of',
      'use no path, or one of plain segments',
    );
  return warn(
    CHECK,
    'ISSUER has a path',
    `have the proxy pass /.well-known/oauth-authorization-server${path} and ${path}/.well-known/jwks.json to the app`,
  );
}

function checkPlace(isUnreachable: boolean): Finding {
  return isUnreachable
    ? warn(CHECK, 'ISSUER is this machine, in production', 'name the URL under which clients reach the app')
    : ok(CHECK, 'ISSUER can be an issuer');
}
