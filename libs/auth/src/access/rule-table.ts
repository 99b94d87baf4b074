import { PortcullisConfigurationError } from '../errors.js';
import { type AccessRule, isSameRule } from './access-rule.js';

/**
 * What rule holds for a function in a class. The function alone would not do, because a subclass shares those of its parent; nor would
 * the class and a name, because a function can be where another one's name is.
 */
export class RuleTable {
  readonly #rules = new Map<unknown, Map<unknown, AccessRule>>();

  /** @param type the class as Nest reports it */
  get(type: unknown, handler: unknown): AccessRule | undefined {
    return this.#rules.get(type)?.get(handler);
  }

  has(type: unknown): boolean {
    return this.#rules.has(type);
  }

  /** @throws PortcullisConfigurationError where another rule holds for that function in that class */
  set(type: unknown, handler: unknown, rule: AccessRule): void {
    let rules = this.#rules.get(type);
    if (rules === undefined) {
      rules = new Map();
      this.#rules.set(type, rules);
    }
    const known = rules.get(handler);
    if (known === undefined) rules.set(handler, rule);
    else if (!isSameRule(known, rule)) throw new PortcullisConfigurationError([differing(known, rule)]);
  }

  /** Forgets a class, whose handlers are looked for anew on each request. */
  delete(type: unknown): void {
    this.#rules.delete(type);
  }
}

/** What is wrong where one function stands for two handlers that demand different things. */
export function differing(one: AccessRule, other: AccessRule): string {
  return (
    `${other.handler} and ${one.handler} are one function, and cannot be told apart, but demand different things: ` +
    'declare the same on both, or write a method of its own that calls the other'
  );
}
