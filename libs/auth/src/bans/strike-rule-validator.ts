import { ValidateBy } from 'class-validator';
import { problemsOfRules } from './strike-rule-problems.js';
import type { StrikeRule } from './strike-rules.js';

/** Rules for strikes, no two with one id. */
export function AreStrikeRules(): PropertyDecorator {
  return ValidateBy({
    name: 'areStrikeRules',
    validator: {
      validate: (value, validated) =>
        Array.isArray(value) && problemsOf(value, validated?.object).length === 0,
      defaultMessage: (validated) =>
        Array.isArray(validated?.value)
          ? `$property: ${problemsOf(validated.value, validated.object).join('; ')}`
          : '$property must be a list of rules',
    },
  });
}

/** @param options what the rules stand in */
function problemsOf(rules: readonly unknown[], options: object | undefined): string[] {
  const problems = problemsOfRules(rules);
  if (problems.length > 0 || (options as { readonly origins?: unknown } | undefined)?.origins !== undefined)
    return problems;
  const blind = (rules as readonly StrikeRule[]).filter(({ match }) => match.origin !== undefined);
  return blind.map(
    ({ id }) => `${id} asks where addresses are from, which only the readers of origins can say`,
  );
}
