/**
 * Writes a text so that any database keeps it: none takes U+0000 and lone surrogates for what they are. Those, other control
 * characters and the backslash become `\uXXXX`; every other text is kept as it is, so that people can read and search it.
 */
export function toSqlText(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cs}\\]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Reads what {@link toSqlText} wrote. */
export function fromSqlText(text: string): string {
  // Hardly any text has one, and to look for it is much faster.
  if (!text.includes('\\')) return text;
  return text.replace(/\\u([0-9a-f]{4})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
}

export function toSqlTextOrNull(text: string | null): string | null {
  return text === null ? null : toSqlText(text);
}

export function fromSqlTextOrNull(text: string | number | null | undefined): string | null {
  return typeof text === 'string' ? fromSqlText(text) : null;
}
