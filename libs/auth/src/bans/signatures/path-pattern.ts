/**
 * Compiles a list of paths, with white space between them, into one pattern that looks at a path once. Each is one or more whole segments,
 * wherever in the path they are, or where it begins with `^` at its beginning alone: a page about a product has its name, too. `*` stands for
 * up to thirty characters within a segment.
 */
export function pathPattern(list: string): RegExp {
  const entries = list
    .toLowerCase()
    .split(/\s+/)
    .filter((each) => each !== '');
  const anywhere = entries.filter((entry) => !entry.startsWith('^'));
  const first = entries.filter((entry) => entry.startsWith('^')).map((entry) => entry.slice(1));
  const sources = [
    ...(anywhere.length === 0 ? [] : [`/${sourceOfAll(anywhere)}`]),
    ...(first.length === 0 ? [] : [`^/${sourceOfAll(first)}`]),
  ];
  return new RegExp(`(?:${sources.join('|')})(?=/|$)`, 'i');
}

/** What entries begin with alike is compared once: most places in a path need to be compared with few of them. */
function sourceOfAll(entries: readonly string[], at = 0): string {
  const [only = ''] = entries;
  if (entries.length === 1) return escaped(only.slice(at));
  const alternatives = [...byCharacter(entries, at)].map(([character, those]) =>
    character === '' ? '' : escaped(character) + sourceOfAll(those, at + 1),
  );
  return alternatives.length > 1 ? `(?:${alternatives.join('|')})` : (alternatives[0] ?? '');
}

/** By the empty text, those that end there. */
function byCharacter(entries: readonly string[], at: number): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const entry of entries) {
    const group = groups.get(entry.charAt(at));
    if (group === undefined) groups.set(entry.charAt(at), [entry]);
    else group.push(entry);
  }
  return groups;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.|?+()[\]{}]/g, '\\$&').replaceAll('*', '[^/]{0,30}');
}
