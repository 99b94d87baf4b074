import { setImmediate as nextTurn } from 'node:timers/promises';
import { ExpressionReader } from './expression-reader.js';
import { neededTexts, type Texts } from './known-texts.js';
import type { PayloadPattern, PayloadSignature } from './payload-signature.js';
import { CERTAIN_PAYLOADS, HINTED_PAYLOADS, LIKELY_PAYLOADS, PAYLOAD_SIGNATURES } from './payloads.js';
import { TextScan } from './text-scan.js';

/** A signature that may find something in a text. */
export interface Suspicion extends PayloadSignature {
  /** The list that its pattern is in, and where. */
  readonly patterns: readonly PayloadPattern[];
  readonly index: number;
}

const PATTERNS = { certain: CERTAIN_PAYLOADS, likely: LIKELY_PAYLOADS, hinted: HINTED_PAYLOADS };

const SUSPICIONS: readonly Suspicion[] = PAYLOAD_SIGNATURES.map((signature) => {
  const patterns = PATTERNS[signature.certainty];
  return { ...signature, patterns, index: patterns.indexOf(signature.pattern) };
});

/** Once all that signatures need is read. */
let scan: TextScan | undefined;
let reading: Promise<void> | undefined;

const NONE: readonly never[] = [];

/** The signatures that may find something in a text: most find nothing in most texts, which one look at its characters tells. */
export function suspicionsOf(plain: string): readonly Suspicion[] {
  if (scan === undefined) {
    void screenIsRead();
    return SUSPICIONS;
  }
  const found = scan.askersIn(plain);
  return found.length === 0 ? NONE : found.map((index) => SUSPICIONS[index] as Suspicion);
}

/**
 * Resolves once one look tells which signatures to ask. The first text begins it, so that whoever only imports us, as tests and commands
 * do, need not wait; until then all signatures are asked.
 */
export function screenIsRead(): Promise<void> {
  reading ??= readScreen();
  return reading;
}

/** To read all at once takes longer than anything may hold up the event loop: each signature has a turn of its own. */
async function readScreen(): Promise<void> {
  const needs: Texts[] = [];
  for (const signature of PAYLOAD_SIGNATURES) {
    await nextTurn();
    needs.push(neededFor(signature));
  }
  await nextTurn();
  scan = new TextScan(needs);
}

/** Whether these are patterns of ours. */
export function areOurs(patterns: readonly PayloadPattern[]): boolean {
  return patterns === CERTAIN_PAYLOADS || patterns === LIKELY_PAYLOADS || patterns === HINTED_PAYLOADS;
}

/** What a text must hold for a signature to find something: read from its expression, so that no list of it can be forgotten. */
function neededFor({ name, pattern }: PayloadSignature): Texts {
  const needed = neededTexts(new ExpressionReader(pattern.source).read());
  if (needed.includes(''))
    throw new Error(`Any text may be "${name}": it has to be looked for in all of them`);
  return needed;
}
