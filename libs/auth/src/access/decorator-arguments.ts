import { PortcullisConfigurationError } from '../errors.js';
import { isClass } from '../options/plain-function.js';

/**
 * Whoever leaves out the parentheses of a decorator calls it with what it stands on, and what it returns decorates nothing.
 *
 * @throws PortcullisConfigurationError
 */
export function demandParentheses(decorator: string, given: readonly unknown[]): void {
  const [target, member] = given;
  const isOnMember = typeof target === 'object' && target !== null && isName(member);
  const isOnStatic = typeof target === 'function' && isName(member);
  if (isOnMember || isOnStatic || (given.length === 1 && isClass(target)))
    throw new PortcullisConfigurationError([
      `${decorator} was given what it stands on: write it with parentheses, as ${decorator}()`,
    ]);
}

/** @throws PortcullisConfigurationError where a decorator that takes nothing was given something, also what it stands on */
export function demandNothing(decorator: string, given: readonly unknown[]): void {
  if (given.length > 0)
    throw new PortcullisConfigurationError([`${decorator} takes nothing: write ${decorator}()`]);
}

function isName(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'symbol';
}
