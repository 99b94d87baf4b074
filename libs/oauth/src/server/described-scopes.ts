import type { Client } from 'oidc-provider';
import { DEVICE_CODE, OWN_SCOPES } from './server-metadata.js';
import type { DescribedScopes } from './server-settings.js';

/** A scope, in words for people. */
export interface DescribedScope {
  readonly scope: string;
  readonly description: string;
}

/** `scope` of a request, with what goes without saying: a device goes on after the login of whoever has let it in. */
export function scopeAsked(client: Client, scope: unknown): string {
  const asked = typeof scope === 'string' ? scope : '';
  return client.grantTypeAllowed(DEVICE_CODE) ? `${asked} offline_access`.trim() : asked;
}

/**
 * What scopes that somebody asks for let them do. What they can't be given is not among them; what has another meaning at each API is there
 * with each.
 *
 * @param asked as {@link scopeAsked} has it
 * @param known what can be given to the client, at each API that it is for
 * @param words what they are called in the language of the reader
 */
export function describedScopes(
  asked: string,
  known: readonly DescribedScopes[],
  words: DescribedScopes,
): readonly DescribedScope[] {
  const own = new Set<string>(OWN_SCOPES);
  return [...new Set(asked.split(' '))].flatMap((scope) => {
    const meanings = known.filter((each) => Object.hasOwn(each, scope)).map((each) => each[scope]);
    if (meanings.length === 0 && !own.has(scope)) return [];
    const descriptions = Object.hasOwn(words, scope) ? [words[scope]] : meanings;
    return [...new Set(descriptions)].map((description = scope) => ({ scope, description }));
  });
}
