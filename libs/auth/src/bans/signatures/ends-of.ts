/** Of a text so many characters are looked at: a head of 16 KB must not hold up the others. */
export const LOOKED_AT = 2_048;

/** A text without its middle where it is longer than `most` characters: what is hidden behind padding, or before it, stays. */
export function endsOf(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most / 2)} ${text.slice(-most / 2)}`;
}
