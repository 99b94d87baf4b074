import type { StrikeRule } from './strike-rules.js';

const REPEATED = new WeakMap<StrikeRule, StrikeRule>();

/** The rule by which the same counts that came before; undefined where that counts once only. */
export function repeatedBy(rule: StrikeRule): StrikeRule | undefined {
  if (rule.again === undefined) return undefined;
  const known = REPEATED.get(rule);
  if (known !== undefined) return known;
  const { again, distinct: _, ...same } = rule;
  const repeated: StrikeRule = Object.freeze({ ...same, score: again });
  REPEATED.set(rule, repeated);
  return repeated;
}
