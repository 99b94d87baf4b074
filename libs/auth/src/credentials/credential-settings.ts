/** Injects the {@link CredentialSettings}. */
export const CREDENTIAL_SETTINGS = Symbol('portcullis.credentials');

/** What of the options this room reads. */
export interface CredentialSettings {
  /** Refuse credentials that arrive in clear text. */
  readonly requireTls: boolean;
  /** The property of the framework's request that the proven user is found at; null for none. */
  readonly userProperty: string | null;
}
