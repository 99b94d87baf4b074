import { declareDemand } from '../access/declare.js';
import { demandParentheses } from '../access/decorator-arguments.js';
import { CLAIMS, type ClaimsDemand } from './claims-demand.js';

/**
 * Demands a user whose token claims something: `@RequireClaims({ department: 'fraud' })`, where a claim that is a list must
 * contain the value, or a predicate over all claims. Several of them, on the class and on the method, must all be met.
 */
export function RequireClaims(...given: [demand: ClaimsDemand]): ClassDecorator & MethodDecorator {
  demandParentheses('@RequireClaims', given);
  return declareDemand(CLAIMS, given[0]);
}
