/** The authority of a URL in absolute form (RFC 9112 section 3.2.2), perhaps with a name and a password in it. */
const AUTHORITY = /^[a-z][a-z\d+.-]*:\/\/[^/?]*/i;

/** The path and the query by which Express and Fastify route, whatever form the client gave its URL. */
export function requestTarget(url: string): string {
  const target = url.split('#', 1)[0] as string;
  if (target.startsWith('/')) return target;
  const own = target.replace(AUTHORITY, '');
  return own === '' || own.startsWith('?') ? `/${own}` : own;
}
