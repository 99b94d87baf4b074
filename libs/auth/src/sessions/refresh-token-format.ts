/** A refresh token that stands in some text. */
export interface FoundRefreshToken {
  /** Where it begins in the text. */
  readonly index: number;
  /** The whole token. */
  readonly token: string;
  /** `sid` of the session; not secret. */
  readonly sessionId: string;
  readonly prefix: string;
}

/** Base64url of 16 bytes, and of 32. */
const ID = '[\\w-]{22}';
const DIGEST = '[\\w-]{43}';
/** Nobody refreshes a session so often. */
const GENERATION = '(?:0|[1-9]\\d{0,8})';
const NAME = '[0-9A-Za-z]{1,16}';

/** No refresh token is longer. */
export const MAX_REFRESH_TOKEN_LENGTH = 16 + 4 + 22 + 1 + 9 + 1 + 43 + 1 + 43;

/**
 * The form of refresh tokens, `<prefix>_rt_<session>.<generation>.<secret>.<mac>`, for secret scanners.
 *
 * @param prefix the option `apiKeys.prefix`; any by default
 */
export function refreshTokenPattern(prefix: string = NAME): RegExp {
  return new RegExp(`(${prefix})_rt_(${ID})\\.(${GENERATION})\\.(${DIGEST})\\.(${DIGEST})`, 'g');
}

/**
 * Finds the refresh tokens in a text, whether or not they were ever made.
 *
 * @param prefix the service that they are of; any by default
 */
export function* findRefreshTokens(text: string, prefix?: string): Generator<FoundRefreshToken> {
  if (!text.includes('_rt_')) return;
  for (const match of text.matchAll(refreshTokenPattern(prefix))) {
    const [token, name = '', sessionId = ''] = match;
    yield { index: match.index, token, sessionId, prefix: name };
  }
}
