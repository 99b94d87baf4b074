import type { ScreenedPattern } from './payload-signature.js';
import { kindsOfTokens, wordsOfKinds } from './sql-tokens.js';

/** So many tokens tell what comes after a value. */
const TOKENS = 14;

/** So many places of a text are looked at. */
const PLACES = 12;

const QUOTES = /['"`]/g;

/** A number of its own in a path or a parameter, with something behind it. Links with an empty parameter have `&&` before the next one. */
const NUMBERS = /(?:^|\/|[?&][^=&?]{1,60}=)\s{0,2}-?\d{1,12}(?!&&[\w.[\]-]{1,60}=)(?=[\s)'"|;%*/+<>=&-])/g;

/** A value, with whatever goes before it. */
const VALUE = '[a(p]*[n@q]';

/** What goes on in SQL after a value that has ended, by the kinds of its tokens. */
const AFTER_A_QUOTE = [
  // A condition that is another than that of whoever wrote the statement.
  `o[a(p]*(?:${VALUE}(?:[cl-]|\\)*$|o)|[fst]|wc${VALUE}|w\\)*l)`,
  `o[a(p]*[n@](?:[cl;-]|$)`,
  // A value that is calculated, or asked for.
  '[ao][a(]*[sf]',
  '[ao]\\(+[nw@]',
  // Another statement, or another half of it.
  ';+[(]*(?:[tsu]|$)',
  'u(?:p*\\(*s|p)',
  // A comparison.
  `[cl]p*\\(*(?:[sf]|[n@]\\)*(?:$|[o;-]))`,
  // What a statement may end with.
  'x[xp]*\\(?(?:[n@f(]|w-)',
  // A comment that takes away the rest.
  ';*(?:-|aa)',
].join('|');

const AFTER_A_NUMBER = [
  `o[a(p]*(?:[n@]\\)*[cl]|[fs]|w?c${VALUE}|\\(+[n@s])`,
  'o[n@]-',
  '[ao][a(]*s',
  ';+[(]*[ts]',
  'u(?:p*\\(*s|p)',
  'l[p(]*[sf]',
  'xxw(?:x|-)',
  'x[xp]*[n@f]\\)*(?:-|,n|$)',
  '\\)+(?:o|u|-|;)',
  ';*-',
].join('|');

/** What each of these begins with: nearly all honest texts go on with something else, which one token tells. */
const MAY_GO_ON = /^[)acloux;-]/;

const BREAKS_QUOTE = new RegExp(`^\\)*(?:${AFTER_A_QUOTE})`);
const BREAKS_NUMBER = new RegExp(`^(?:${AFTER_A_NUMBER})`);

/** The words among the tokens that any of these begins with. */
const WORDS_THAT_GO_ON = wordsOfKinds('oulx').join('|');

/**
 * Finds where a text in quotes ends that a value of a URL was to stay in. The tokens from there on are what tells: a quote in a name has a
 * name behind it, and one in an attack what SQL goes on with. The idea is libinjection's; tokens and table are our own.
 */
export const SQL_AFTER_TEXT: ScreenedPattern = {
  source: `['"\`]\\s*(?:[)<>!=^|&*/%~;#+-]|:=|(?:${WORDS_THAT_GO_ON})\\b)`,
  // The second of two quotes ends what the caller has begun.
  exec: (text) => breakout(text, QUOTES, BREAKS_QUOTE, (index) => index % 2 === 0),
};

/** Finds where a number does not end that a value of a URL was to be. */
export const SQL_AFTER_NUMBER: ScreenedPattern = {
  source: `\\d\\s*(?:[);#]|--|\\|\\||&&)|\\s(?:${WORDS_THAT_GO_ON})\\b|\\bselect\\b`,
  exec: (text) => breakout(text, NUMBERS, BREAKS_NUMBER, () => true),
};

function breakout(
  text: string,
  ends: RegExp,
  goesOn: RegExp,
  counts: (index: number) => boolean,
): { readonly 0: string; readonly index: number } | null {
  ends.lastIndex = 0;
  for (let index = 0; index < PLACES; index++) {
    const place = ends.exec(text);
    if (place === null) return null;
    if (!counts(index)) continue;
    if (!MAY_GO_ON.test(kindsOfTokens(text, ends.lastIndex, 1).kinds)) continue;
    const { kinds, end } = kindsOfTokens(text, ends.lastIndex, TOKENS);
    if (goesOn.test(kinds)) return { 0: text.slice(place.index, end), index: place.index };
  }
  return null;
}
