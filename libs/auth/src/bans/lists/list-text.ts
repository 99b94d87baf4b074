const LONGEST_REASON = 200;
const LONGEST_QUOTE = 60;

/** A reason as one short line without control, format and separating characters; undefined when nothing is left. */
export function reasonText(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  const line = text
    .slice(0, 4 * LONGEST_REASON)
    .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return [...line].slice(0, LONGEST_REASON).join('') || undefined;
}

/** The beginning of what can't be read. */
export function excerptOf(text: string): string {
  return text.slice(0, 80).trim();
}

/** The beginning of a text from outside, in printable ASCII and quotation marks. */
export function quoted(text: string): string {
  const shown = text.slice(0, LONGEST_QUOTE).replace(/[^\x20-\x7e]/g, '?');
  return text.length > LONGEST_QUOTE ? `"${shown}"…` : `"${shown}"`;
}
