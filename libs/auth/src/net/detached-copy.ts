/** The same text in memory of its own: a part of a longer text keeps all of that one, which here an attacker chose. */
export function detachedCopy(text: string): string {
  return Buffer.from(text).toString();
}
