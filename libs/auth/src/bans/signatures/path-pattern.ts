/**
 * Compiles a list of paths, with white space between them, into one pattern that looks at a path once. Each is one or more whole segments,
 * wherever in the path they are; `*` stands for up to thirty characters within a segment.
 */
export function pathPattern(list: string): RegExp {
  const entries = list.split(/\s+/).filter((entry) => entry !== '');
  const groups = new Map<string, string[]>();
  for (const entry of entries) {
    const first = entry.charAt(0).toLowerCase();
    groups.set(first, [...(groups.get(first) ?? []), entry.slice(1)]);
  }
  // By their first characters: most places in a path need to be compared with few of them.
  const alternatives = [...groups].map(
    ([first, rests]) => `${escaped(first)}(?:${rests.map(escaped).join('|')})`,
  );
  return new RegExp(`/(?:${alternatives.join('|')})(?=/|$)`, 'i');
}

function escaped(text: string): string {
  return text.replace(/[\\^$.|?+()[\]{}]/g, '\\$&').replaceAll('*', '[^/]{0,30}');
}
