import { CERTAIN_PAYLOADS, HINTED_PAYLOADS, LIKELY_PAYLOADS } from './payloads.js';

/** What every payload of ours has in a path or a query, where nothing is hidden; whatever hides has one of these characters, too. */
export const SUSPECT_TARGET =
  /[^\w\-./~?=&,:@]|\.\.|(?<!:)\/\/|\/\.|:\/\/|__|\b(?:etc|proc|bin)\/|-inf\b|\b(?:win|boot)\.ini|invokefunction|call_user|allow_url|auto_prepend|information_schema|sysobjects|sqlite_|mysql\.|class\.|java\.|169\.254\.|metadata\.|computemetadata|script:|phpinfo|force_redirect|pg_|constructor|prototype|xp_|dbms_|aced0005|ro0ab|h4sia|\/(?:proc|sys|usr|var|root|opt)\/|2852039166|\.(?:sql|bak|old|swp|inc)\b/i;

/** The same for either where its disguise is off: a space, too, is ordinary. */
export const SUSPECT_TEXT =
  /[^\w\-./~?=&,:@ !*[\]\u0080-\uffff]|\.\.|(?<!:)\/\/|\/\.|:\/\/|__|\b(?:etc|proc|bin)\/|-inf\b|\b(?:win|boot)\.ini|invokefunction|call_user|allow_url|auto_prepend|information_schema|sysobjects|sqlite_|mysql\.|class\.|java\.|169\.254\.|metadata\.|computemetadata|script:|phpinfo|force_redirect|pg_|constructor|prototype|xp_|dbms_|aced0005|ro0ab|h4sia|\/(?:proc|sys|usr|var|root|opt)\/|2852039166|\.(?:sql|bak|old|swp|inc)\b|\b(?:union|select|or|and|xor|order|procedure|drop|insert|delete|sleep|having|like|if|for|cat|nc|bash|wget|curl|ping|chmod|rm|ls|invoke|get|set|new|start|add|remove|write)\b|data:|\*\/|\.(?:jsp|php|phtml|phar|asp|ashx|cgi)/i;

/** The same for a header, in which white space, brackets and semicolons are ordinary. */
export const SUSPECT_HEADER =
  /\.\.[/\\;]|[<>{}$`|\\'"%]|\(\)|:\/\/(?:169|127|10|192|localhost)|\betc\/|\bunion\b|\bselect\b|\bsleep\b|[\r\n]|__|&(?:#|lt|gt)|\bon[a-z]{4,20}=|\balert\b|\.(?:jsp|php|asp|cgi)|\bentity\b/i;

const SCREENED: ReadonlySet<readonly RegExp[]> = new Set([
  CERTAIN_PAYLOADS,
  LIKELY_PAYLOADS,
  HINTED_PAYLOADS,
]);

/** Whether these are patterns of ours, which find nothing in a text that is not suspect. */
export function isScreened(patterns: readonly RegExp[]): boolean {
  return SCREENED.has(patterns);
}
