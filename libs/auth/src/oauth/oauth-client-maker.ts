import type { Actor } from '../events/security-event.js';

/** Who makes or changes a client. */
export interface OAuthClientMaker extends Actor {
  /**
   * What they may hand out, with wildcards. By default anything. Whoever has the secret of a client, or says where its users come back to,
   * could do what it may do, so that has to be among it.
   */
  readonly grantable?: readonly string[];
}
