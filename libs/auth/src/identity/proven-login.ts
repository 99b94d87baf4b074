/** How a user has logged in (OpenID Connect Core section 2, RFC 8176), as far as this app believes whoever says so. */
export interface ProvenLogin {
  /** `acr`: how strong that was, by a name of this app's. */
  readonly acr?: string;
  /** `amr`: by what. */
  readonly amr: readonly string[];
  /** `auth_time`: when, in seconds since the epoch. */
  readonly authTime?: number;
}
