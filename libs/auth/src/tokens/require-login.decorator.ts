import { declareDemand } from '../access/declare.js';
import { LOGIN, type LoginDemand } from './login-demand.js';

/**
 * Demands a user who has logged in with a certain strength, by certain means, or a short while ago (RFC 9470):
 * `@RequireLogin({ acr: 'mfa', maxAgeSeconds: 300 })`. Several of them, on the class and on the method, must all be met. An API key, a
 * personal token, and a token of an issuer whose word on it does not count (`tokens.trustedLogins`) never meet it.
 */
export function RequireLogin(demand: LoginDemand): ClassDecorator & MethodDecorator {
  return declareDemand(LOGIN, demand);
}
