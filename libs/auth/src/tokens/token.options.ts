import {
  ArrayNotEmpty,
  IsArray,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsString,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import type { JWK } from 'jose';
import { IfGiven, IsSecureUrl } from '../options-validation.js';

/** The signature algorithms a token may use. All are asymmetric: who verifies can't sign. */
export const TOKEN_ALGORITHMS = [
  'EdDSA',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
] as const;

export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];

/** This app as an issuer of its own tokens. */
export class OwnIssuerOptions {
  /** `iss` of the tokens: the https URL under which clients know this app (http on loopback only). */
  @IsSecureUrl()
  readonly url!: string;

  /** How long an issued token works, in seconds. Short, because until then only a revocation stops it. */
  @IsInt()
  @Min(1)
  @Max(86_400)
  readonly lifetimeSeconds: number = 900;

  /**
   * The private key as a JWK with `alg` and `kid`. By default an Ed25519 key made at boot: its tokens
   * don't survive a restart and are not known to a second instance.
   */
  @IfGiven()
  @IsObject()
  readonly signingKey?: JWK;
}

/** Somebody else whose tokens are accepted. */
export class TrustedIssuerOptions {
  /** `iss`, to the letter. */
  @IsString()
  @IsNotEmpty()
  readonly issuer!: string;

  /** Where its public keys are: an https URL (http on loopback only). */
  @IsSecureUrl()
  readonly jwksUri!: string;

  /** The algorithms it signs with. Narrow it to what the issuer really uses. */
  @ArrayNotEmpty()
  @IsIn(TOKEN_ALGORITHMS, { each: true })
  readonly algorithms: readonly TokenAlgorithm[] = TOKEN_ALGORITHMS;
}

/** How users are identified. */
export class TokenOptions {
  /** Who we are: `aud` of every token must contain it. */
  @IsString()
  @IsNotEmpty()
  readonly audience!: string;

  /** Issue tokens ourselves. */
  @IfGiven()
  @ValidateNested()
  readonly issuer?: OwnIssuerOptions;

  /** Accept the tokens of others. */
  @IsArray()
  @ValidateNested({ each: true })
  readonly trustedIssuers: readonly TrustedIssuerOptions[] = [];

  /** How far clocks may differ, in seconds. */
  @IsInt()
  @Min(0)
  @Max(60)
  readonly clockToleranceSeconds: number = 5;

  /** The longest token that is looked at, in bytes. */
  @IsInt()
  @Min(256)
  @Max(65_536)
  readonly maxBytes: number = 8_192;

  /** The longest lifetime (`exp` − `iat`) that is accepted, in seconds. A revocation is remembered for as long. */
  @IsInt()
  @Min(1)
  readonly maxLifetimeSeconds: number = 86_400;

  /** How many proven tokens are remembered. */
  @IsInt()
  @Min(1)
  readonly cacheSize: number = 10_000;
}
