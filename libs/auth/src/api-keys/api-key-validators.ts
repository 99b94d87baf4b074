import { ValidateBy } from 'class-validator';
import { isLifetime, isMetadata } from './new-api-key.js';

/** A positive number of seconds, or that something never ends. */
export function IsLifetime(): PropertyDecorator {
  return ValidateBy({
    name: 'isLifetime',
    validator: {
      validate: isLifetime,
      defaultMessage: () => "$property must be a positive number of seconds, or 'never'",
    },
  });
}

/** A JSON object of at most 4 KiB. */
export function IsMetadata(): PropertyDecorator {
  return ValidateBy({
    name: 'isMetadata',
    validator: {
      validate: isMetadata,
      defaultMessage: () => '$property must be an object of at most 4096 bytes as JSON',
    },
  });
}
