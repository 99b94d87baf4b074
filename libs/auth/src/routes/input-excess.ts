/** How much a body or a query may hold. */
export interface InputLimits {
  /** Objects and lists within each other. By default 32. */
  readonly maxDepth?: number;
  /** Members of all objects and lists together. By default 1,000. */
  readonly maxValues?: number;
}

/**
 * Why something is more than code that walks it can take: `class-transformer` and `class-validator` call themselves for each level, spend
 * long on each name that they don't know, and ask an object for its `constructor`. It is walked level by level, and no further than
 * the limits.
 *
 * @returns undefined where nothing is wrong
 */
export function excessOf(
  input: unknown,
  { maxDepth = 32, maxValues = 1_000 }: InputLimits,
): string | undefined {
  let count = 0;
  let level = [input].filter(isContainer);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) return `is nested deeper than ${maxDepth} levels`;
    const next: object[] = [];
    for (const container of level) {
      const names = Object.keys(container);
      count += names.length;
      if (count > maxValues) return `holds more than ${maxValues} values`;
      for (const name of names) {
        if (!Array.isArray(container) && name in Object.prototype)
          return 'has a name that every object has already';
        const value: unknown = (container as Record<string, unknown>)[name];
        if (isContainer(value)) next.push(value);
      }
    }
    level = next;
  }
  return undefined;
}

/** A list, or an object as parsers make them, of whatever realm; not a buffer, a stream or an instance of a class. */
function isContainer(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
