import type { StrikeRule } from './strike-rules.js';

const LOOKS = new WeakMap<StrikeRule, StrikeRule>();

/** The rule by which the same strikes are counted for longer; undefined where there is none. */
export function lookingLonger(rule: StrikeRule): StrikeRule | undefined {
  if (rule.longer === undefined) return undefined;
  const known = LOOKS.get(rule);
  if (known !== undefined) return known;
  const { longer, ...same } = rule;
  const look: StrikeRule = Object.freeze({ ...same, ...longer, family: `${sumNameOf(rule)} longer` });
  LOOKS.set(rule, look);
  return look;
}

/** What the points of a rule are added to: rules of a family share it. */
export function sumNameOf({ id, family }: StrikeRule): string {
  return family ?? id;
}
