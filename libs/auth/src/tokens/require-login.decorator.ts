import { declareDemand } from '../access/declare.js';
import { demandParentheses } from '../access/decorator-arguments.js';
import { LOGIN, type LoginDemand } from './login-demand.js';

/**
 * Demands a user who has logged in with a certain strength, by certain means, or a short while ago (RFC 9470):
 * `@RequireLogin({ acr: 'mfa', maxAgeSeconds: 300 })`. Several of them, on the class and on the method, must all be met. An API key, a
 * personal token, and a token of an issuer whose word on it does not count (`tokens.trustedLogins`) never meet it.
 */
export function RequireLogin(...given: [demand: LoginDemand]): ClassDecorator & MethodDecorator {
  demandParentheses('@RequireLogin', given);
  return declareDemand(LOGIN, given[0]);
}
