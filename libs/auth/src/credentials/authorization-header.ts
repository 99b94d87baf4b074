const SPACE = ' '.charCodeAt(0);

/**
 * What an `Authorization` header holds after the name of its scheme (RFC 9110 section 11.4), which may be in any case; undefined where it is
 * another scheme. Without an expression, whose match is an array: each request is asked this, for each scheme.
 *
 * @param scheme in lower case
 */
export function sentUnder(scheme: string, authorization: string): string | undefined {
  const { length } = scheme;
  if (authorization.length > length && authorization.charCodeAt(length) !== SPACE) return undefined;
  if (authorization.slice(0, length).toLowerCase() !== scheme) return undefined;
  let start = length;
  while (authorization.charCodeAt(start) === SPACE) start++;
  return authorization.slice(start);
}
