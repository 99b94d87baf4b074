import { PortcullisConfigurationError } from '../errors.js';
import { isPlainFunction } from '../options/plain-function.js';

/** What is wrong with the value that an option of that name was given, each in one line. */
export type OptionCheck = (value: unknown, name: string) => readonly string[];

/** A check for each option that there is, so that none can be forgotten. */
export type OptionChecks<Options extends object> = {
  readonly [Name in keyof Required<Options>]: OptionCheck;
};

/**
 * Checks what a module is registered with before anything is made of it: what is misspelt would be without effect, silently.
 *
 * @throws PortcullisConfigurationError naming the module, and every option that is unknown or of another type
 */
export function demandOptions<Options extends object>(
  module: string,
  given: unknown,
  checks: OptionChecks<Options>,
): void {
  const problems = isRecord(given)
    ? problemsOfParts(given, checks)
    : ['must be given an object with options'];
  if (problems.length > 0)
    throw new PortcullisConfigurationError(problems.map((problem) => `${module}: ${problem}`));
}

/** @param mustBe how the sentence goes on that begins with the name of the option and `must` */
export function must(mustBe: string, isRight: (value: unknown) => boolean): OptionCheck {
  return (value, name) => (isRight(value) ? [] : [`${name} must ${mustBe}`]);
}

/** What is undefined has its default; null is given, and wrong. */
export function optional(check: OptionCheck): OptionCheck {
  return (value, name) => (value === undefined ? [] : check(value, name));
}

/** For what the module looks at more closely than by its type. */
export const checkedByModule: OptionCheck = () => [];

/** An object with options of its own. */
export function partsOf<Options extends object>(checks: OptionChecks<Options>): OptionCheck {
  return (value, name) =>
    isRecord(value) ? problemsOfParts(value, checks, `${name}.`) : [`${name} must be an object with options`];
}

export const aText = must('be a text', (value) => typeof value === 'string' && value !== '');
/** A path of routes, which may be the app's root. */
export const aPath = must('be a path, such as auth', (value) => typeof value === 'string');
export const aFlag = must('be true or false', (value) => typeof value === 'boolean');
export const aFunction = must('be a function', isPlainFunction);
export const anObject = must('be an object', isRecord);
export const texts = must('be a list of texts', isListOfTexts);

/** @param most by default no number is too large */
export function aWholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): OptionCheck {
  const to = most === Number.MAX_SAFE_INTEGER ? `, ${least} or more` : ` from ${least} to ${most}`;
  return must(
    `be a whole number${to}`,
    (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  );
}

/** What one call of `register()` of another module has returned. */
export function registeredBy(module: string): OptionCheck {
  return must(
    `be what ${module}.register() returns`,
    (value) => isRecord(value) && typeof value.module === 'function' && value.module.name === module,
  );
}

function problemsOfParts(
  given: Record<string, unknown>,
  checks: Readonly<Record<string, OptionCheck>>,
  path = '',
): string[] {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(checks, name));
  return [
    ...unknown.map((name) => `${path}${name}: there is no such option`),
    ...Object.entries(checks).flatMap(([name, check]) => check(given[name], `${path}${name}`)),
  ];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string' && text !== '');
}
