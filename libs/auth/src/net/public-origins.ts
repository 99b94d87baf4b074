/** Where clients reach this app, and what a proxy in between does to the path. */
export interface PublicOrigin {
  /** An https URL (http on loopback): an origin, perhaps with a path that is the app's alone, such as `https://api.example/v1`. */
  readonly url: string;
  /** What the proxy puts in the place of the URL's path. Nothing by default: then it takes that path away. */
  readonly path?: string;
}

/** A public origin as it is configured: its URL alone, where a proxy at most takes the URL's path away. */
export type GivenPublicOrigin = string | PublicOrigin;

/** Unreserved characters and those that mean something in a path: it has one spelling (RFC 3986 section 6.2.2). */
const PLAIN_PATH = /^[\w\-./~!$&'()*+,;=:@]*$/;
/** No client that follows a standard sends them, and not everybody on the way takes them for the same (RFC 3986 section 5.2.4). */
const DOT_SEGMENT = /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i;
/** What URL parsers leave out or turn into something else without a word. */
const MISREAD = /[\p{Cc}\s\\]/u;

interface Mapping {
  /** Scheme, authority and path, without a slash at its end. */
  readonly base: string;
  readonly hasPath: boolean;
  /** What requests to the app begin with in the place of that path. */
  readonly path: string;
}

/**
 * The URLs under which clients reach this app, by what is configured alone: `Host` and its forwarded kin are what anybody likes to
 * send.
 */
export class PublicOrigins {
  readonly #mappings: readonly Mapping[];

  constructor(origins: readonly GivenPublicOrigin[]) {
    this.#mappings = origins.map(mappingOf);
  }

  /** Whether none is configured, so that no URL can be told to be ours. */
  get isEmpty(): boolean {
    return this.#mappings.length === 0;
  }

  /**
   * Every URL that a client can have asked for when this came to the app.
   *
   * @param target the path as the app sees it, with or without its query; nothing in it is changed
   */
  urlsOf(target: string): readonly string[] {
    return this.#mappings.flatMap(({ base, hasPath, path }) => {
      const rest = restBehind(path, target);
      if (rest === undefined) return [];
      // A proxy that takes the whole path away leaves a slash, whether there was one or not.
      const isAll = hasPath && (rest === '/' || rest.startsWith('/?'));
      return isAll ? [base + rest, base + rest.slice(1)] : [base + rest];
    });
  }

  /**
   * Whether a client that asked for this URL came to this path of the app. Both are normalised (RFC 3986 sections 6.2.2 and 6.2.3);
   * query and fragment of the URL are ignored.
   *
   * @param path as the app sees it, without its query
   */
  matches(url: string, path: string): boolean {
    const candidates = this.urlsOf(path);
    const isPlain = PLAIN_PATH.test(path);
    if (DOT_SEGMENT.test(path) || MISREAD.test(path)) return false;
    if (isPlain && candidates.includes(url)) return true;
    const wanted = normalized(url);
    if (wanted === undefined) return false;
    return candidates.some((candidate) => (isPlain ? candidate : normalized(candidate)) === wanted);
  }
}

/** @returns undefined where the target is not below the path */
function restBehind(path: string, target: string): string | undefined {
  if (!target.startsWith(path)) return undefined;
  const rest = target.slice(path.length);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : undefined;
}

function mappingOf(given: GivenPublicOrigin): Mapping {
  const { url, path = '' } = typeof given === 'string' ? { url: given } : given;
  const { origin, pathname } = new URL(url);
  const ownPath = withoutSlash(normalizedPath(pathname));
  return { base: origin + ownPath, hasPath: ownPath !== '', path: withoutSlash(path) };
}

function normalized(text: string): string | undefined {
  if (MISREAD.test(text) || !URL.canParse(text)) return undefined;
  const { protocol, origin, username, password, pathname } = new URL(text);
  if ((protocol !== 'https:' && protocol !== 'http:') || username + password !== '') return undefined;
  return origin + normalizedPath(pathname);
}

/** What `URL` leaves to others: what need not be encoded is not, and what has to be is in capitals. */
function normalizedPath(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (code) => {
    const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return /[\w\-.~]/.test(character) ? character : code.toUpperCase();
  });
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
