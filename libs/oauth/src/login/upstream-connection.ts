import type { UpstreamIdentity, UpstreamLogin, UpstreamProfile } from '@portcullis/auth';
import type { BegunLogin } from './begun-login.js';

/** Somebody for whom another issuer has vouched. */
export interface ProvenUpstream {
  readonly identity: UpstreamIdentity;
  /** By what a logout there names this login. */
  readonly upstream: UpstreamLogin;
  /** When they have logged in there, in seconds since the epoch; undefined where it does not say. */
  readonly authTime: number | undefined;
  /** How, in its own words. */
  readonly proof: { readonly acr?: string; readonly amr?: readonly string[] };
  /** All that it says of them; it may have to be asked. */
  profile(): Promise<UpstreamProfile>;
}

/** What a login is begun with at another issuer. */
export type NewAttempt = Pick<BegunLogin, 'state' | 'nonce' | 'verifier' | 'maxAge'>;

/** How one other issuer is asked who somebody is. */
export interface UpstreamConnection {
  /** Where the browser is sent. @throws PortcullisError `temporarily_unavailable` */
  authorizationUrl(attempt: NewAttempt): Promise<URL>;
  /**
   * Whom an answer is about.
   *
   * @param answer the redirect URI with what has come back
   * @throws PortcullisError `single_sign_on_failed`; `temporarily_unavailable`
   */
  prove(answer: URL, attempt: NewAttempt): Promise<ProvenUpstream>;
}
