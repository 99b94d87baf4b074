import { declareDemand } from '../access/declare.js';
import { CLAIMS, type ClaimsDemand } from './claims-demand.js';

/**
 * Demands a user whose token claims something: `@RequireClaims({ department: 'fraud' })`, where a claim that is a list must
 * contain the value, or a predicate over all claims. Several of them, on the class and on the method, must all be met.
 */
export function RequireClaims(demand: ClaimsDemand): ClassDecorator & MethodDecorator {
  return declareDemand(CLAIMS, demand);
}
