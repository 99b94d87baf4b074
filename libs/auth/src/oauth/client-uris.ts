import { InputError } from '../errors.js';
import { isSecureUrl } from '../net/secure-url.js';

/** Characters; no browser goes on with longer ones everywhere. */
const LONGEST_URI = 2_000;
/** Characters of a `client_id` that is a URL. */
const LONGEST_DOCUMENT_URL = 500;
/** Of a client. */
const MOST_URIS = 20;
/** A scheme that an app on a device has claimed, by the reversed name of a domain of its maker (RFC 8252 section 7.1). */
const PRIVATE_SCHEME = /^[a-z][a-z\d+-]*(\.[a-z\d+-]+)+:$/;
const LOOPBACK_ADDRESS = /^(127\.0\.0\.1|\[::1\])$/;

/** Where a client is met. */
export interface UriRules {
  /** Whether it is on its user's device, where loopback addresses and claimed schemes lead to it. */
  readonly isNative: boolean;
  /** Whether plain http leads to whatever listens on this machine, which is so where the server itself is tried out there. */
  readonly allowHttpOnLoopback: boolean;
}

/**
 * Where browsers may come back to, compared by the letter later on (RFC 9700 section 2.1). So each is in the one spelling that it has as a
 * URL, without a fragment, without credentials, and without wildcards.
 *
 * @throws InputError naming what is wrong
 */
export function checkedRedirectUris(
  name: string,
  uris: readonly string[],
  rules: UriRules,
): readonly string[] {
  if (uris.length > MOST_URIS) throw new InputError(`${name} must name at most ${MOST_URIS} URIs`);
  for (const uri of uris) {
    const problem = problemOf(uri, rules);
    if (problem !== undefined) throw new InputError(`${name}: ${JSON.stringify(uri)} ${problem}`);
  }
  return [...new Set(uris)];
}

/**
 * A URL that the server itself asks; it may have a query, by which some relying parties tell what it is about.
 *
 * @throws InputError
 */
export function checkedServerUrl(name: string, url: string, allowHttpOnLoopback: boolean): string {
  const [withoutQuery] = String(url).split('?', 1);
  const isFit = isSecureUrl(withoutQuery, allowHttpOnLoopback) && !url.includes('#');
  if (isFit && url.length <= LONGEST_URI) return url;
  throw new InputError(`${name} must be an https URL without credentials and fragment`);
}

/**
 * Whether a `client_id` is the URL of a document in which a client describes itself (draft-ietf-oauth-client-id-metadata-document), in the one
 * spelling that it has. No client that we make or configure is named like that.
 */
export function isDocumentUrl(clientId: string): boolean {
  if (clientId.length > LONGEST_DOCUMENT_URL || !URL.canParse(clientId)) return false;
  const { href, protocol, username, password, hash, pathname, search } = new URL(clientId);
  const isPlain =
    username + password + hash + search === '' && !clientId.includes('#') && !clientId.includes('?');
  return protocol === 'https:' && href === clientId && isPlain && pathname !== '/';
}

function problemOf(text: unknown, { isNative, allowHttpOnLoopback }: UriRules): string | undefined {
  if (typeof text !== 'string' || text.length > LONGEST_URI || !URL.canParse(text)) return 'is no URI';
  if (text.includes('#')) return 'must have no fragment';
  if (text.includes('*')) return 'must have no wildcard';
  const url = new URL(text);
  if (url.username + url.password !== '') return 'must hold no credentials';
  if (url.href !== text && url.href !== `${text}/`) return `is to be written as ${JSON.stringify(url.href)}`;
  if (url.protocol === 'https:') return undefined;
  if (isNative && PRIVATE_SCHEME.test(url.protocol)) return undefined;
  if (url.protocol === 'http:') {
    if (isNative && LOOPBACK_ADDRESS.test(url.hostname)) return undefined;
    if (!isNative && allowHttpOnLoopback && isSecureUrl(url.origin, true)) return undefined;
  }
  return isNative
    ? 'must be https, http://127.0.0.1 or http://[::1], or of a scheme such as com.example.app:'
    : 'must be https';
}
