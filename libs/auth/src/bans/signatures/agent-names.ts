/** A pattern that finds any of these names, with commas between them, as a whole in a user agent; `Hello, World` has a comma at times. */
export function agentNames(list: string): RegExp {
  const names = list.split(',').map((name) =>
    name
      .trim()
      .replace(/[\\^$.|?+()[\]{}]/g, '\\$&')
      .replaceAll(' ', ',? '),
  );
  return new RegExp(`(?<!\\w)(?:${names.join('|')})(?!\\w)`, 'i');
}
