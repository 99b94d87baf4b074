/** How sure it is that nobody honest has sent what a signature finds: see `docs/decisions/ban-rules.md`. */
export type Certainty = 'certain' | 'likely' | 'hinted';

/** Finds something in a text, in time that grows with its length: an expression, or whatever else can be asked in the same way. */
export interface PayloadPattern {
  exec(text: string): { readonly 0: string; readonly index: number } | null;
}

/** One form of an attack. */
export interface PayloadSignature {
  readonly name: string;
  readonly certainty: Certainty;
  readonly pattern: PayloadPattern;
}

type Named = Readonly<Record<string, PayloadPattern>>;

/** Signatures by their names, all of them as sure. */
export function signatures(certainty: Certainty, named: Named): readonly PayloadSignature[] {
  return Object.entries(named).map(([name, pattern]) => ({ name, certainty, pattern }));
}
