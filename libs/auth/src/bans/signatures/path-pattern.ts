/** What goes on from one character to the next; the empty text is where an entry ends. */
type Trie = Map<string, Trie>;

/**
 * Compiles a list of paths, with white space between them, into one pattern that looks at a path once. Each is one or more whole segments,
 * wherever in the path they are, or where it begins with `^` at its beginning alone: a page about a product has its name, too. `*` stands for
 * up to thirty characters within a segment.
 */
export function pathPattern(list: string): RegExp {
  const entries = list.split(/\s+/).filter((each) => each !== '');
  const anywhere = entries.filter((entry) => !entry.startsWith('^'));
  const first = entries.filter((entry) => entry.startsWith('^')).map((entry) => entry.slice(1));
  const sources = [
    ...(anywhere.length === 0 ? [] : [`/${sourceOfAll(anywhere)}`]),
    ...(first.length === 0 ? [] : [`^/${sourceOfAll(first)}`]),
  ];
  return new RegExp(`(?:${sources.join('|')})(?=/|$)`, 'i');
}

function sourceOfAll(entries: readonly string[]): string {
  const root: Trie = new Map();
  for (const entry of entries) insert(root, entry.toLowerCase());
  return sourceOf(root);
}

function insert(root: Trie, entry: string): void {
  let node = root;
  for (const character of [...entry, '']) {
    const next = node.get(character) ?? new Map();
    node.set(character, next);
    node = next;
  }
}

/** What entries begin with alike is compared once: most places in a path need to be compared with few of them. */
function sourceOf(node: Trie): string {
  const alternatives = [...node].map(([character, next]) => escaped(character) + sourceOf(next));
  return alternatives.length > 1 ? `(?:${alternatives.join('|')})` : (alternatives[0] ?? '');
}

function escaped(text: string): string {
  return text === '*' ? '[^/]{0,30}' : text.replace(/[\\^$.|?+()[\]{}]/g, '\\$&');
}
