import type { AccessDemand, DemandDefinition } from '../access/access-demand.js';
import { settled } from '../async/maybe-promise.js';
import { PortcullisError } from '../errors.js';
import { answersAtOnce } from '../options/plain-function.js';
import type { RequestContext } from '../request/request-context.js';
import { INSUFFICIENT_CLAIMS } from './token-refusals.js';

type Claims = Readonly<Record<string, unknown>>;

/**
 * What a user's token must claim: for each name a value, which the claim must be, or contain if it is a list; or a
 * predicate that must return exactly `true`.
 */
export type ClaimsDemand =
  | Readonly<Record<string, string | number | boolean>>
  | ((claims: Claims) => boolean);

const DEMANDABLE = ['string', 'number', 'boolean'];

/** Whether the claims meet the demand. A predicate that throws is not met. */
export function meets(demand: ClaimsDemand, claims: Claims): boolean {
  if (typeof demand === 'function') {
    try {
      return settled(demand(claims)) === true;
    } catch {
      return false;
    }
  }
  return Object.entries(demand).every(([name, value]) => {
    const claim = Object.hasOwn(claims, name) ? claims[name] : undefined;
    return claim === value || (Array.isArray(claim) && claim.includes(value));
  });
}

/** Whether there is something to meet. A value of undefined, as of a variable that is not set, would be met by its absence. */
export function isMeaningful(demand: ClaimsDemand): boolean {
  if (typeof demand === 'function') return answersAtOnce(demand);
  if (typeof demand !== 'object' || demand === null || Array.isArray(demand)) return false;
  const values = Object.values(demand);
  return (
    values.length > 0 && values.every((value) => !Number.isNaN(value) && DEMANDABLE.includes(typeof value))
  );
}

/** The demand in words for the operator; never a claim's value. */
export function describeDemand(demand: ClaimsDemand): string {
  return typeof demand === 'function' ? demand.name || 'a predicate' : Object.keys(demand).join(', ');
}

/** Demands claims of the user's token. */
export class ClaimsCheck implements AccessDemand {
  readonly kind = 'claims';

  constructor(readonly wanted: ClaimsDemand) {}

  describe(): string {
    return `claims: ${describeDemand(this.wanted)}`;
  }

  check({ user }: RequestContext): void {
    if (user !== undefined && meets(this.wanted, user.claims)) return;
    throw new PortcullisError(INSUFFICIENT_CLAIMS, `the token does not claim ${describeDemand(this.wanted)}`);
  }
}

export const CLAIMS: DemandDefinition<ClaimsDemand> = {
  kind: 'claims',
  decorator: '@RequireClaims',
  // Only a user's token has claims.
  requires: 'user',
  // A method that demands one thing more doesn't mean one thing less.
  merge: 'all',
  problemOf: (wanted) =>
    isMeaningful(wanted) ? undefined : 'must name claims, each with a text, a number or a boolean',
  compile: (wanted) => new ClaimsCheck(wanted),
};
