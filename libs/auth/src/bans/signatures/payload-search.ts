import type { TextNotes } from '../recent-texts.js';
import { endsOf, LOOKED_AT } from './ends-of.js';
import { isScreened, SUSPECT_HEADER, SUSPECT_TARGET, SUSPECT_TEXT } from './payload-screen.js';
import type { PayloadPattern } from './payload-signature.js';
import { undisguised, undisguisedTarget } from './undisguised.js';

/** How much of a parameter's name is looked at, in characters. */
const LONGEST_PARAMETER = 80;

/** What was found. */
export interface FoundPayload {
  /** Where it was, and which of the patterns have found it. */
  readonly shape: string;
  readonly isInHeader: boolean;
}

/** How texts of one kind are read. */
export interface TextKind {
  /** What every payload of ours has in such a text, where nothing is hidden, or what hides it. */
  readonly suspect: RegExp;
  readonly undisguise: (text: string) => string;
}

export const TARGET: TextKind = { suspect: SUSPECT_TARGET, undisguise: undisguisedTarget };
export const HEADER: TextKind = { suspect: SUSPECT_HEADER, undisguise: undisguised };

/** The last text that was undisguised: several rules look at each. */
let last = { text: '', plain: '', kind: TARGET };

/** Whether a text may hold a payload of ours. It is looked at once, for as long as the notes are kept. */
export function isSuspect(text: string, kind: TextKind, notes: TextNotes): boolean {
  notes.isSuspect ??= kind.suspect.test(endsOf(text, LOOKED_AT)) && SUSPECT_TEXT.test(plainOf(text, kind));
  return notes.isSuspect;
}

/** The shape of what one of the patterns finds in a text; undefined where none does. */
export function shapeOfPayload(
  text: string,
  kind: TextKind,
  notes: TextNotes,
  patterns: readonly PayloadPattern[],
): string | undefined {
  if (isScreened(patterns) && !isSuspect(text, kind, notes)) return undefined;
  return notes.foundFor(patterns, () => ({ shape: shapeIn(plainOf(text, kind), patterns) })).shape;
}

function plainOf(text: string, kind: TextKind): string {
  if (last.text !== text || last.kind !== kind) last = { text, plain: kind.undisguise(text), kind };
  return last.plain;
}

/** Where something was found, and by which of the patterns: whoever types on, or tries the same with other words, sends no other payload. */
function shapeIn(text: string, patterns: readonly PayloadPattern[]): string | undefined {
  let parameter: string | undefined;
  const finders = patterns.flatMap((pattern, index) => {
    const found = pattern.exec(text);
    if (found === null) return [];
    parameter ??= parameterAt(text, found.index + found[0].length);
    return index;
  });
  return parameter === undefined ? undefined : `${parameter} ${finders.join(' ')}`;
}

/** The parameter of the query that a place is in; `/` in the path. */
function parameterAt(text: string, place: number): string {
  const before = text.slice(0, place);
  const start = Math.max(before.lastIndexOf('?'), before.lastIndexOf('&'));
  if (start === -1) return '/';
  const parameter = before.slice(start + 1);
  const end = parameter.indexOf('=');
  return end === -1
    ? parameter.slice(0, LONGEST_PARAMETER)
    : parameter.slice(0, Math.min(end, LONGEST_PARAMETER));
}
