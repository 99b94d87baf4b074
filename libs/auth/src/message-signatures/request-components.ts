/** A request, as far as its parts can be signed. */
export interface SignedRequest {
  readonly method: string;
  /** The value of a field; undefined where it did not come, or came more than once. */
  field(name: string): string | undefined;
}

/** An absolute URL as it was asked for; nothing in it is changed. */
const URL_PARTS = /^([a-z]+):\/\/([^/?]*)([^?]*)(\?.*)?$/;

/**
 * The values of a request's components (RFC 9421 sections 2.1 and 2.2).
 *
 * @param url what the client asked for, scheme and authority in lower case, without a default port
 */
export function componentsOf(
  { method, field }: SignedRequest,
  url: string,
): (component: string) => string | undefined {
  const [, scheme = '', authority = '', path = '', query] = URL_PARTS.exec(url) ?? [];
  const derived = new Map([
    ['@method', method],
    ['@target-uri', url],
    ['@authority', authority],
    ['@scheme', scheme],
    ['@request-target', (path || '/') + (query ?? '')],
    ['@path', path || '/'],
    ['@query', query ?? '?'],
  ]);
  return (component) => (component.startsWith('@') ? derived.get(component) : field(component));
}
