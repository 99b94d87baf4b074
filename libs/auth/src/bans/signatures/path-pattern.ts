/** What goes on from one character to the next; the empty text is where an entry ends. */
type Trie = Map<string, Trie>;

/**
 * Compiles a list of paths, with white space between them, into one pattern that looks at a path once. Each is one or more whole segments,
 * wherever in the path they are; `*` stands for up to thirty characters within a segment.
 */
export function pathPattern(list: string): RegExp {
  const root: Trie = new Map();
  for (const entry of list.split(/\s+/).filter((each) => each !== '')) insert(root, entry.toLowerCase());
  return new RegExp(`/${sourceOf(root)}(?=/|$)`, 'i');
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
