import { buildMessage, ValidateBy, ValidateIf, type ValidationOptions } from 'class-validator';
import { isPlainFunction } from './plain-function.js';

/** A key for HMAC-SHA-256 is as long as its hash (RFC 7518 section 3.2). */
export function IsSharedSecret(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isSharedSecret',
      validator: {
        validate: (value: unknown) =>
          (typeof value === 'string' || value instanceof Uint8Array) && Buffer.byteLength(value) >= 32,
        defaultMessage: buildMessage((each) => `${each}$property must be at least 32 bytes long`, options),
      },
    },
    options,
  );
}

/** Checks an option only where it is given; null is given, and wrong. */
export function IfGiven(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}

/** A function, and no class. */
export function IsCallable(): PropertyDecorator {
  return ValidateBy({
    name: 'isCallable',
    validator: {
      validate: isPlainFunction,
      defaultMessage: () => '$property must be a function',
    },
  });
}

/** A list of such as have these methods. */
export function HasMethodsEach(...methods: string[]): PropertyDecorator {
  return ValidateBy(
    {
      name: 'hasMethods',
      validator: {
        validate: (value: unknown) => hasMethods(value, methods),
        defaultMessage: () => `each value in $property must have the methods ${methods.join(', ')}`,
      },
    },
    { each: true },
  );
}

/** Something with these methods. */
export function HasMethods(...methods: string[]): PropertyDecorator {
  return ValidateBy({
    name: 'hasMethods',
    validator: {
      validate: (value: unknown) => hasMethods(value, methods),
      defaultMessage: () => `$property must have the methods ${methods.join(', ')}`,
    },
  });
}

function hasMethods(value: unknown, methods: readonly string[]): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    methods.every((method) => typeof Reflect.get(value, method) === 'function')
  );
}
