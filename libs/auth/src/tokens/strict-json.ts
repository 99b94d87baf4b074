/** Claims are flat or nearly so; nobody nests them deeper in good faith. */
const MAX_DEPTH = 16;

/** RFC 8259 section 2. */
const WHITE_SPACE = new Set(' \t\n\r');

/**
 * Parses a JSON object. What parsers disagree on is refused: a name that stands twice in one object means the first value
 * to one reader and the last to another (RFC 7519 section 4).
 *
 * @throws SyntaxError when the text is no JSON object, nests too deep or repeats a name
 */
export function parseStrictJsonObject(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SyntaxError('not a JSON object');
  // Of a name that stands twice one value is gone. A text may hold what looks like a name, so only the walk can tell.
  if (countNames(value, 1) !== countNamesWritten(text)) refuseAmbiguity(text);
  return value as Record<string, unknown>;
}

/** @param depth of the value; it is an object or a list */
function countNames(value: object, depth: number): number {
  if (depth > MAX_DEPTH) throw new SyntaxError('nested too deep');
  const members: unknown[] = Object.values(value);
  let count = Array.isArray(value) ? 0 : members.length;
  for (const member of members)
    if (typeof member === 'object' && member !== null) count += countNames(member, depth + 1);
  return count;
}

/** How many there are at most: a string before a colon is a name, or a part of a text that looks like it. */
function countNamesWritten(json: string): number {
  let count = 0;
  for (let colon = json.indexOf(':'); colon !== -1; colon = json.indexOf(':', colon + 1)) {
    let before = colon - 1;
    while (WHITE_SPACE.has(json.charAt(before))) before--;
    if (json.charAt(before) === '"') count++;
  }
  return count;
}

/** Walks over text that is known to be JSON: in it a string before a colon is a name. */
function refuseAmbiguity(json: string): void {
  const open: Set<string>[] = [];
  for (const [token, , colon] of json.matchAll(/[{}[\]]|"((?:[^"\\]|\\.)*)"\s*(:?)/g)) {
    if (token === '{' || token === '[') {
      if (open.push(new Set()) > MAX_DEPTH) throw new SyntaxError('nested too deep');
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (colon === ':') {
      const names = open.at(-1) as Set<string>;
      const name = JSON.parse(token.slice(0, token.lastIndexOf('"') + 1));
      if (names.has(name)) throw new SyntaxError('a name stands twice');
      names.add(name);
    }
  }
}
