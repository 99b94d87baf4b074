import { declareDemand } from '../access/declare.js';
import { demandNothing } from '../access/decorator-arguments.js';
import { BINDING_DEMAND } from './binding-demand.js';

/**
 * Demands a credential that is bound to a key, and a proof of that key with each request (DPoP, RFC 9449; mTLS, RFC 8705): that of the
 * user, or where the request has none, that of the application.
 */
export function RequireBinding(...given: []): ClassDecorator & MethodDecorator {
  demandNothing('@RequireBinding', given);
  return declareDemand(BINDING_DEMAND, true);
}
