/**
 * The text with another letter in it, whatever it was.
 *
 * @param at which letter, from the end where negative. By default not the last one: in base64url it may have bits that mean nothing
 */
export function mistyped(text: string, at = -2): string {
  const index = at < 0 ? text.length + at : at;
  return text.slice(0, index) + (text[index] === '0' ? '1' : '0') + text.slice(index + 1);
}
