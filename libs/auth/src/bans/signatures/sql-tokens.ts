/** What a word means to a database, by the letter that stands for it. */
const WORDS: Readonly<Record<string, string>> = {
  // Joins conditions.
  o: 'and or xor rlike div mod',
  // Compares.
  l: 'like in between is regexp glob ilike similar sounds',
  // Goes before a value.
  p: 'not exists binary distinct all any some cast interval escape collate',
  u: 'union intersect except minus',
  s: 'select',
  // Begins a statement.
  t: `insert update delete drop alter create truncate exec execute declare shutdown waitfor merge replace grant revoke call load
    begin if rename handler kill dbcc copy vacuum attach pragma set`,
  // Goes on with one.
  x: 'from where group order having limit offset into procedure case when then else end by top values as rows fetch',
  // A value.
  n: 'null true false current_user current_date current_timestamp session_user system_user sysdate user rownum',
};

const KIND_OF = new Map(
  Object.entries(WORDS).flatMap(([kind, words]) => words.split(/\s+/).map((word) => [word, kind] as const)),
);

/** The words that stand for one of some kinds. */
export function wordsOfKinds(kinds: string): readonly string[] {
  return [...KIND_OF].flatMap(([word, kind]) => (kinds.includes(kind) ? word : []));
}

/** One token: white space, number, word with an opening bracket behind it or none, variable, quote, comment, operator. */
const TOKEN =
  /\s+|(0x[\da-f]+|\d+(?:\.\d*)?(?:e[-+]?\d+)?|\.\d+)|(@{1,2}[\w.]*)|([a-z_\u0080-\uffff][\w.$\u0080-\uffff]{0,60})|(['"`])|(--(?=[\s+-]|$)|#)|(\|\||&&)|([<>!=^]=?>?|:=|~\*)|([-+*/%|&^~])|(.)/iy;

/** Within a text in quotes. */
const LONGEST_STRING = 60;

/**
 * The kinds of the first tokens of a text, one letter each, as a database would take them from there: `n` value, `q` quote without end,
 * `w` name, `f` function, `@` variable, `c` comparison, `a` arithmetic, `-` comment, `(`, `)`, `,`, `;`, `?` for what no database knows, or a
 * word's.
 *
 * @param start where in the text
 * @param count of tokens at most
 */
export function kindsOfTokens(text: string, start: number, count: number): { kinds: string; end: number } {
  let kinds = '';
  let end = start;
  while (kinds.length < count) {
    TOKEN.lastIndex = end;
    const found = TOKEN.exec(text);
    if (found === null) break;
    const [whole, number, variable, word, quote, comment, joins, compares, calculates, other] = found;
    end += whole.length;
    if (number !== undefined) kinds += 'n';
    else if (variable !== undefined) kinds += '@';
    else if (word !== undefined) kinds += kindOfWord(word, text, end);
    else if (comment !== undefined) return { kinds: `${kinds}-`, end };
    else if (joins !== undefined) kinds += 'o';
    else if (compares !== undefined) kinds += 'c';
    else if (calculates !== undefined) kinds += 'a';
    else if (other !== undefined) kinds += /[(),;]/.test(other) ? other : '?';
    else if (quote !== undefined) {
      const close = isAfterValue(kinds) ? -1 : text.slice(end, end + LONGEST_STRING).indexOf(quote);
      kinds += close === -1 ? 'q' : 'n';
      if (close !== -1) end += close + 1;
    }
  }
  return { kinds, end };
}

function kindOfWord(word: string, text: string, end: number): string {
  const kind = KIND_OF.get(word.toLowerCase());
  if (kind !== undefined) return kind;
  return /^\s{0,3}\(/.test(text.slice(end, end + 4)) ? 'f' : 'w';
}

/** Where a value stands already a quote ends a text, and begins none. */
function isAfterValue(kinds: string): boolean {
  return /[nw@]$/.test(kinds);
}
