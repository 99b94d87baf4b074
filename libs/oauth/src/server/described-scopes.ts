import { OWN_SCOPES } from './server-metadata.js';
import type { DescribedScopes } from './server-settings.js';

/** A scope, in words for people. */
export interface DescribedScope {
  readonly scope: string;
  readonly description: string;
}

/**
 * What scopes that somebody asks for let them do. What they can't be given is not among them.
 *
 * @param asked `scope` of a request
 * @param known what can be given to the client at the API that it is for
 * @param words what they are called in the language of the reader
 */
export function describedScopes(
  asked: unknown,
  known: DescribedScopes,
  words: DescribedScopes,
): readonly DescribedScope[] {
  const own = new Set<string>(OWN_SCOPES);
  const scopes = typeof asked === 'string' ? new Set(asked.split(' ')) : [];
  return [...scopes]
    .filter((scope) => own.has(scope) || Object.hasOwn(known, scope))
    .map((scope) => ({
      scope,
      description: (Object.hasOwn(words, scope) ? words[scope] : known[scope]) ?? scope,
    }));
}
