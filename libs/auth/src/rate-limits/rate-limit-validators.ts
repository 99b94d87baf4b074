import { ValidateBy } from 'class-validator';
import { problemOfLimit } from './handler-limits.js';

/** A limit as `@RateLimit` takes it. */
export function IsRouteLimit(): PropertyDecorator {
  return ValidateBy({
    name: 'isRouteLimit',
    validator: {
      validate: (value) => problemOfLimit(value) === undefined,
      defaultMessage: (validated) => `$property ${problemOfLimit(validated?.value)}`,
    },
  });
}
