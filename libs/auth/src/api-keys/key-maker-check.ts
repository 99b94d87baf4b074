import type { UserIdentity } from '../identity/identity.js';

/** Injects the {@link KeyMakerCheck}. */
export const KEY_MAKER_CHECK = Symbol('portcullis.key-maker-check');

/** Asked before a user gets a credential that works without a login. */
export interface KeyMakerCheck {
  /** @throws PortcullisError `insufficient_user_authentication` where the user has to prove more first */
  demand(user: UserIdentity): Promise<void>;
}
