import { ValidateBy } from 'class-validator';

/** An object that says of contexts besides HTTP, each by its type, that they are unguarded. */
export function AreContexts(): PropertyDecorator {
  return ValidateBy({
    name: 'areContexts',
    validator: {
      validate: (value: unknown) => problemOf(value) === undefined,
      defaultMessage: (given) => `$property ${problemOf(given?.value)}`,
    },
  });
}

function problemOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !isPlain(value))
    return "must be an object such as { rpc: 'unguarded' }";
  // A symbol, or what is hidden or inherited, would be read by nobody.
  for (const type of Reflect.ownKeys(value)) {
    if (typeof type !== 'string' || type.trim() === '') return 'must name types of contexts';
    if (type === 'http')
      return 'can not leave HTTP unguarded; globalGuard: false is for guards placed by hand';
    if (Reflect.get(value, type) !== 'unguarded')
      return `can only say 'unguarded' of ${JSON.stringify(type)}`;
  }
  return undefined;
}

/** Of whatever realm: its prototype is the last one. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || (Object.getPrototypeOf(prototype) === null && !Array.isArray(value));
}
