/** A scope-token of RFC 6749 section 3.3, without the wildcard: what a handler may demand. */
const DEMANDABLE = /^[\x21\x23-\x29\x2b-\x5b\x5d-\x7e]+$/;

/** What a credential may be granted: a scope-token, optionally ending in `:*`. */
export const GRANTABLE_SCOPE = /^[\x21\x23-\x29\x2b-\x5b\x5d-\x7e]+(:\*)?$/;

/** The scopes that an identity must hold: all of `allOf`, and at least one of each group in `anyOf`. Immutable. */
export interface ScopeDemand {
  readonly allOf: readonly string[];
  readonly anyOf: readonly (readonly string[])[];
}

/** A handler demands one exact permission: a wildcard there would be met by almost nothing, or by too much. */
export function isDemandableScope(scope: unknown): scope is string {
  return typeof scope === 'string' && DEMANDABLE.test(scope);
}

/** Whether a credential may be given this scope: `parcels:read`, `parcels:*`, but never a bare `*`. */
export function isGrantableScope(scope: unknown): scope is string {
  return typeof scope === 'string' && GRANTABLE_SCOPE.test(scope);
}

/**
 * What of some granted scopes lies within others: `parcels:*` within `parcels:read` is `parcels:read`.
 */
export function scopesWithin(granted: readonly string[], limit: readonly string[]): string[] {
  const [wanted, allowed] = [new ScopeSet(granted), new ScopeSet(limit)];
  return [
    ...new Set([
      ...granted.filter((scope) => allowed.has(scope)),
      ...limit.filter((scope) => wanted.has(scope)),
    ]),
  ];
}

/**
 * The scopes that an identity holds, made ready for matching once, when the identity is proven.
 * `parcels:*` covers everything below `parcels:`; a bare `*` covers only itself, so nothing.
 */
export class ScopeSet {
  readonly #exact: ReadonlySet<string>;
  readonly #prefixes: readonly string[];
  /** Most callers ask the same handler again. */
  #lastMet: ScopeDemand | undefined;

  constructor(granted: Iterable<string>) {
    this.#exact = new Set(granted);
    this.#prefixes = [...this.#exact]
      .filter((scope) => scope.endsWith(':*'))
      .map((scope) => scope.slice(0, -1));
  }

  has(scope: string): boolean {
    return this.#exact.has(scope) || this.#prefixes.some((prefix) => scope.startsWith(prefix));
  }

  meets(demand: ScopeDemand): boolean {
    if (demand === this.#lastMet) return true;
    const isMet =
      demand.allOf.every((scope) => this.has(scope)) &&
      demand.anyOf.every((group) => group.some((scope) => this.has(scope)));
    if (isMet) this.#lastMet = demand;
    return isMet;
  }
}
