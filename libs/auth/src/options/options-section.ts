import { problemsOf, withDefaults } from './fill-options.js';

/** What belongs together among the options of an app, and stands there under one name. */
export interface OptionsSection<Value extends object = object> {
  readonly name: string;
  /** Injects the value. */
  readonly token: symbol;
  /**
   * Fills in the defaults. What is no object is left as it is, to be refused by name.
   *
   * @returns undefined where the section is neither given nor has to be there
   */
  fill(given: unknown): Value | undefined;
}

/**
 * Defines a section of the options.
 *
 * @param type a class with a default for each option, and decorators of `class-validator` that check it
 * @param fill fills in the defaults where the class alone does not say them, as with parts that are classes of their own
 */
export function defineOptions<Value extends object>(
  name: string,
  type: new () => Value,
  fill: (given: object | undefined) => Value | undefined = (given) => withDefaults(type, given),
): OptionsSection<Value> {
  return Object.freeze({
    name,
    token: Symbol(`portcullis.options.${name}`),
    fill: (given: unknown) => (isSection(given) ? fill(given) : (given as Value)),
  });
}

/** What is wrong with a filled section, each in one line with the full name of the option. */
export function problemsInSection({ name }: OptionsSection, value: unknown): string[] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null) return [`${name}: must be an object with options`];
  return problemsOf(value).map((problem) => `${name}.${problem}`);
}

/** The given list with defaults in each of its entries; what is no list is left as it is, to be refused by name. */
export function withDefaultsEach<T extends object>(
  type: new () => T,
  given: readonly object[] | undefined,
): unknown {
  return Array.isArray(given) ? given.map((each) => withDefaults(type, each)) : given;
}

function isSection(given: unknown): given is object | undefined {
  return given === undefined || (typeof given === 'object' && given !== null);
}
