/**
 * Texts as a screen reads them: in lower case, each run of white space as one space, or as one line break where it has one in it, and whatever
 * is neither printable ASCII nor the byte 0 alike.
 */
export const SPACE = ' ';
export const LINE_BREAK = '\n';
const OTHER = '\u0080';

/** What no text holds: where it begins and ends, and the border of a word, which has no width. */
export const BEGINNING = '\u0081';
export const END = '\u0082';
export const BORDER = '\u0083';

/** How a character is read. */
export function symbolOf(code: number): string {
  const character = String.fromCharCode(code);
  if (character === '\r' || character === '\n') return LINE_BREAK;
  if (/\s/.test(character)) return SPACE;
  return code === 0 || (code > 0x20 && code < 0x7f) ? character.toLowerCase() : OTHER;
}

/** Whether the character with a code is one of those that words are made of. */
export function isOfWord(code: number): boolean {
  return (
    (code > 0x60 && code < 0x7b) ||
    (code > 0x40 && code < 0x5b) ||
    (code > 0x2f && code < 0x3a) ||
    code === 0x5f
  );
}
