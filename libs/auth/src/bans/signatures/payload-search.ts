import type { TextNotes } from '../recent-texts.js';
import { endsOf, LOOKED_AT } from './ends-of.js';
import { areOurs, suspicionsOf } from './payload-screen.js';
import type { FoundShapes, PayloadPattern, PayloadShape, PayloadSignature } from './payload-signature.js';
import { undisguised, undisguisedTarget } from './undisguised.js';

/** How much of a parameter's name is looked at, in characters. */
const LONGEST_PARAMETER = 80;

/** What was found. */
export interface FoundPayload extends PayloadShape {
  readonly isInHeader: boolean;
}

/** How texts of one kind are read. */
export interface TextKind {
  readonly undisguise: (text: string) => string;
  /** Whether what a signature finds tells anything in a text of this kind. */
  readonly tells: (signature: PayloadSignature, text: string) => boolean;
}

export const TARGET: TextKind = { undisguise: undisguisedTarget, tells: () => true };
export const HEADER: TextKind = {
  undisguise: undisguised,
  tells: ({ inHeaders }, text) => inHeaders === undefined || inHeaders.test(endsOf(text, LOOKED_AT)),
};

const NOTHING: FoundShapes = new Map();

/** What signatures of ours find in a text. It is looked at once, for as long as the notes are kept. */
export function payloadsIn(text: string, kind: TextKind, notes: TextNotes): FoundShapes {
  notes.payloads ??= shapesIn(text, kind);
  return notes.payloads;
}

/** The shape of what the patterns find in a text; undefined where none does. */
export function shapeOfPayload(
  text: string,
  kind: TextKind,
  notes: TextNotes,
  patterns: readonly PayloadPattern[],
): PayloadShape | undefined {
  if (areOurs(patterns)) return payloadsIn(text, kind, notes).get(patterns);
  return notes.foundFor(patterns, () => ({ found: shapeIn(kind.undisguise(text), patterns) })).found;
}

function shapesIn(text: string, kind: TextKind): FoundShapes {
  const plain = kind.undisguise(text);
  let shapes: Map<readonly PayloadPattern[], PayloadShape> | undefined;
  for (const suspicion of suspicionsOf(plain)) {
    const found = suspicion.pattern.exec(plain);
    if (found === null || !kind.tells(suspicion, text)) continue;
    shapes ??= new Map();
    shapes.set(
      suspicion.patterns,
      withWitness(shapes.get(suspicion.patterns), suspicion.index, plain, found),
    );
  }
  return shapes ?? NOTHING;
}

/** Where something was found, and by which of the patterns: whoever types on, or tries the same with other words, sends no other payload. */
function shapeIn(plain: string, patterns: readonly PayloadPattern[]): PayloadShape | undefined {
  let shape: PayloadShape | undefined;
  for (const [index, pattern] of patterns.entries()) {
    const found = pattern.exec(plain);
    if (found !== null) shape = withWitness(shape, index, plain, found);
  }
  return shape;
}

/** What one more pattern has found is at the place of the first. */
function withWitness(
  others: PayloadShape | undefined,
  index: number,
  plain: string,
  found: { readonly 0: string; readonly index: number },
): PayloadShape {
  return others === undefined
    ? { shape: `${parameterOf(plain, found)} ${index}`, witnesses: 1 }
    : { shape: `${others.shape} ${index}`, witnesses: others.witnesses + 1 };
}

/** The parameter of the query that something found ends in; `/` in the path. */
function parameterOf(text: string, found: { readonly 0: string; readonly index: number }): string {
  const before = text.slice(0, found.index + found[0].length);
  const start = Math.max(before.lastIndexOf('?'), before.lastIndexOf('&'));
  if (start === -1) return '/';
  const parameter = before.slice(start + 1);
  const end = parameter.indexOf('=');
  return end === -1
    ? parameter.slice(0, LONGEST_PARAMETER)
    : parameter.slice(0, Math.min(end, LONGEST_PARAMETER));
}
