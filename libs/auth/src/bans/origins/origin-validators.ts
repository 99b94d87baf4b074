import { ValidateBy } from 'class-validator';
import { problemOfConditions } from './origin-conditions.js';

/** Conditions on where addresses are from. */
export function AreOriginConditions(): PropertyDecorator {
  return ValidateBy({
    name: 'areOriginConditions',
    validator: {
      validate: (value) => problemOfConditions(value) === undefined,
      defaultMessage: (validated) => `$property ${problemOfConditions(validated?.value)}`,
    },
  });
}
