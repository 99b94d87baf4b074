/**
 * Compiles a list of paths, with white space between them, into one pattern that looks at a path once. Each is one or more whole segments,
 * wherever in the path they are; `*` stands for up to forty characters within a segment.
 */
export function pathPattern(list: string): RegExp {
  const entries = list.split(/\s+/).filter((entry) => entry !== '');
  const alternatives = entries.map((entry) =>
    entry
      .split('*')
      .map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
      .join('[^/]{0,40}'),
  );
  return new RegExp(`/(?:${alternatives.join('|')})(?=/|$)`, 'i');
}
