import type { Identity } from '../identity/identity.js';
import { identityNameOf } from '../identity/identity-name.js';

/** Who sends a good token that is bound to something, and has not shown that: perhaps not its user. */
export function holderOf(identity: Identity): readonly string[] {
  return ['token', identityNameOf(identity)];
}
