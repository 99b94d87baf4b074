/** A power of two. */
const PLACES = 1_024;

/**
 * Something about texts that came lately, each at a place of its own until another text takes it: a text that was there is told by one
 * comparison, which costs a fifth of what a digest does. Not for secrets: how long a comparison takes shows how much of a text is alike.
 */
export class TextTable<Value extends {}> {
  readonly #entries: (Entry<Value> | undefined)[] = Array.from({ length: PLACES }, () => undefined);

  /** What is remembered of a text, if anything is. */
  get(text: string): Value | undefined {
    const entry = this.#entries[placeOf(text)];
    return entry !== undefined && entry.text === text ? entry.value : undefined;
  }

  /** @param text it stays in memory, and so has to be bounded, and no part of a longer one */
  set(text: string, value: Value): void {
    this.#entries[placeOf(text)] = { text, value };
  }
}

interface Entry<Value> {
  readonly text: string;
  readonly value: Value;
}

/** By its length and a few of its characters, which is enough to tell most texts apart. */
function placeOf(text: string): number {
  const { length } = text;
  const half = length >> 1;
  const quarter = length >> 2;
  return (
    (31 * length +
      7 * text.charCodeAt(half) +
      13 * text.charCodeAt(quarter) +
      3 * text.charCodeAt(half + quarter) +
      text.charCodeAt(length - 1)) &
    (PLACES - 1)
  );
}
