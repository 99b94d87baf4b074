import { ValidateBy } from 'class-validator';
import { problemsOfRules } from './strike-rule-problems.js';

/** Rules for strikes, no two with one id. */
export function AreStrikeRules(): PropertyDecorator {
  return ValidateBy({
    name: 'areStrikeRules',
    validator: {
      validate: (value) => Array.isArray(value) && problemsOfRules(value).length === 0,
      defaultMessage: (validated) =>
        Array.isArray(validated?.value)
          ? `$property: ${problemsOfRules(validated.value).join('; ')}`
          : '$property must be a list of rules',
    },
  });
}
