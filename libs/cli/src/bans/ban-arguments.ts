import { noneOf } from '../arguments.js';
import { UsageError } from '../verb.js';

const LONGEST_SECONDS = 315_360_000;

/** @throws {UsageError} when there is not exactly one argument */
export function theOneOf([first, ...others]: readonly string[], thing: string): string {
  noneOf(others);
  if (!first) throw new UsageError(`An argument is missing: the ${thing}.`);
  return first;
}

/** @throws {UsageError} when the text is no time */
export function secondsOf(text: string | undefined): { seconds?: number } {
  if (text === undefined) return {};
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (seconds >= 1 && seconds <= LONGEST_SECONDS) return { seconds };
  throw new UsageError(`--seconds must be a whole number from 1 to ${LONGEST_SECONDS}.`);
}

/** @throws {UsageError} when the text is none of the values */
export function oneOf<T extends string>(text: string, values: readonly T[], option: string): T {
  const found = values.find((value) => value === text);
  if (found !== undefined) return found;
  throw new UsageError(`${option} must be one of ${values.join(', ')}.`);
}
