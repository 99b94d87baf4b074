import type { Actor } from '@portcullis/auth';

/** As what the provider knows a token. */
export type TokenModel = 'AccessToken' | 'ClientCredentials' | 'RefreshToken';

/** A token of ours that would be accepted now, by the names that the provider has for what is in it. */
export interface FoundToken {
  readonly model: TokenModel;
  readonly jti?: string;
  /** Whom it was given to; of an API key its app. */
  readonly clientId?: string;
  readonly accountId?: string;
  readonly grantId?: string;
  readonly scope?: string;
  readonly aud?: string;
  readonly iat?: number;
  readonly exp?: number;
  readonly sid?: string;
  readonly jkt?: string;
  readonly 'x5t#S256'?: string;
  /** What else introspection says of it. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** Whether it is a key, a personal token or a refresh token of a login: no client of the server was given it. */
  readonly isOfTheApp: boolean;
  readonly revoke: (who: Actor) => Promise<unknown>;
}

/** What was sent to be looked at: a token; `forged`, where it looks like one of ours and nobody has made it; or nothing that works. */
export type SentToken = FoundToken | 'forged' | undefined;
