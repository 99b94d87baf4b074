/** Claims are flat or nearly so; nobody nests them deeper in good faith. */
const MAX_DEPTH = 16;

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
  refuseAmbiguity(text);
  return value as Record<string, unknown>;
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
