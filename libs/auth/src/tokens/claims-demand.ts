import { settled } from '../async/maybe-promise.js';

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
  if (typeof demand === 'function') return true;
  const values = Object.values(demand);
  return (
    values.length > 0 && values.every((value) => !Number.isNaN(value) && DEMANDABLE.includes(typeof value))
  );
}

/** The demand in words for the operator; never a claim's value. */
export function describeDemand(demand: ClaimsDemand): string {
  return typeof demand === 'function' ? demand.name || 'a predicate' : Object.keys(demand).join(', ');
}
