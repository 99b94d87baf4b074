/** How sure it is that nobody honest has sent what a signature finds: see `docs/decisions/ban-rules.md`. */
export type Certainty = 'certain' | 'likely' | 'hinted';

/** Finds something in a text, in time that grows with its length: an expression, or whatever else can be asked in the same way. */
export interface PayloadPattern {
  exec(text: string): { readonly 0: string; readonly index: number } | null;
}

/** What is told of a text in which patterns of a list have found something. */
export interface PayloadShape {
  /** Where it was, and which of the patterns have found it. */
  readonly shape: string;
  /** How many of the patterns have found something. */
  readonly witnesses: number;
}

/** The shapes of what was found in a text, by the list of the patterns that have. */
export type FoundShapes = ReadonlyMap<readonly PayloadPattern[], PayloadShape>;

/** One of which is known what a text must hold for it. */
export interface ScreenedPattern extends PayloadPattern {
  /** An expression, in any case of letters, that is in every text in which something is found. */
  readonly source: string;
}

/** One form of an attack. */
export interface PayloadSignature {
  readonly name: string;
  readonly certainty: Certainty;
  readonly pattern: ScreenedPattern;
  /** What a header must hold besides, since it may have the form of it otherwise and mean well. */
  readonly inHeaders?: RegExp | undefined;
}

type Named = Readonly<Record<string, ScreenedPattern>>;

/** Signatures by their names, all of them as sure. @param inHeaders what a header must hold besides */
export function signatures(
  certainty: Certainty,
  named: Named,
  inHeaders?: RegExp,
): readonly PayloadSignature[] {
  return Object.entries(named).map(([name, pattern]) => ({ name, certainty, pattern, inHeaders }));
}
