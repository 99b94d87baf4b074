import { findApiKeys, MAX_API_KEY_LENGTH } from '@portcullis/auth/api-key-format';
import { findRefreshTokens, MAX_REFRESH_TOKEN_LENGTH } from '@portcullis/auth/refresh-token-format';

/** An API key or a refresh token that stands in some text. */
export interface FoundSecret {
  /** Where it begins in the text. */
  readonly index: number;
  readonly text: string;
  /** What may be shown of it. */
  readonly shown: string;
}

/** None is longer. */
export const MAX_SECRET_LENGTH = Math.max(MAX_API_KEY_LENGTH, MAX_REFRESH_TOKEN_LENGTH);

/**
 * The secrets in a text, in their order.
 *
 * @param prefix the service that they are of; any by default
 */
export function secretsIn(text: string, prefix?: string): FoundSecret[] {
  // Long runs of letters and digits are what the search is slowest on, and a secret is none.
  if (!text.includes('_')) return [];
  const found: FoundSecret[] = [];
  for (const { index, key, prefix: name, environment, id } of findApiKeys(text, prefix))
    found.push({ index, text: key, shown: `${name}_${environment}_${id}_…` });
  for (const { index, token, prefix: name, sessionId } of findRefreshTokens(text, prefix))
    found.push({ index, text: token, shown: `${name}_rt_${sessionId}.…` });
  return found.sort((one, other) => one.index - other.index);
}
