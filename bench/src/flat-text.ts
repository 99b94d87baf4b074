/** The text in one piece, as a database gives it: what is put together from parts may stay a tree of them. */
export function flatText(text: string): string {
  return Buffer.from(text).toString('latin1');
}
