import {
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsBoolean,
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
import { IsSecureResource, IsSecureUrl } from '../net/network-validators.js';
import { withDefaults } from '../options/fill-options.js';
import { IfGiven, IsCallable, IsSharedSecret } from '../options/option-validators.js';
import { defineOptions, withDefaultsEach } from '../options/options-section.js';
import { ReactionOptions } from '../reactions/reaction.options.js';
import { IsEncryptionKey } from './encryption-key-validator.js';
import { type Claims, ISSUER_PROFILES, type IssuerProfileName } from './issuer-profile.js';
import { TrustedLoginOptions } from './trusted-login.options.js';
import { ASYMMETRIC_ALGORITHMS, type AsymmetricAlgorithm } from './verification-key.js';

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

  /** Whether its tokens may be bound to a key or a certificate (`cnf`), or have to be. One that is bound needs its proof in any case. */
  @IsIn(['accept', 'demand'])
  readonly binding: 'accept' | 'demand' = 'accept';

  /**
   * The private key as a JWK with `alg`, and `kid` if you like. It is never rotated by itself. By default Ed25519 keys are
   * made as they are needed. They are kept in `stores.signingKeys`; without it their tokens don't survive a restart and are not known to
   * a second instance.
   */
  @IfGiven()
  @IsObject()
  readonly signingKey?: JWK;

  /**
   * What the private keys in `stores.signingKeys` are encrypted with (AES-256-GCM): 32 bytes each, in Base64, such as
   * `openssl rand -base64 32` makes. The first one encrypts, all of them decrypt, so that it can be changed. Keep it where the database
   * is not.
   */
  @IfGiven()
  @ArrayNotEmpty()
  @IsEncryptionKey({ each: true })
  readonly keyEncryptionKeys?: readonly string[];

  /** How long a made key signs before the next one takes over, in seconds. */
  @IsInt()
  @Min(3_600)
  readonly rotateEverySeconds: number = 2_592_000;

  /**
   * How long the next key is published before it signs, in seconds: at least as long as others keep a copy of the key set,
   * which is asked of them for 300 s.
   */
  @IsInt()
  @Min(300)
  @Max(86_400)
  readonly publishAheadSeconds: number = 900;
}

/** Somebody else whose tokens are accepted. */
export class TrustedIssuerOptions {
  /** `iss`, to the letter. */
  @IsString()
  @IsNotEmpty()
  readonly issuer!: string;

  /** Where its public keys are. By default the issuer is asked (OpenID Connect Discovery, RFC 8414). */
  @IfGiven()
  @IsSecureUrl()
  readonly jwksUri?: string;

  /** What `aud` must contain. By default `tokens.audience`. */
  @IfGiven()
  @IsString()
  @IsNotEmpty()
  readonly audience?: string;

  /** What its tokens look like, where they don't conform to RFC 9068. */
  @IsIn(Object.keys(ISSUER_PROFILES))
  readonly profile: IssuerProfileName = 'rfc9068';

  /** Whether its tokens may be bound to a key or a certificate (`cnf`), or have to be. One that is bound needs its proof in any case. */
  @IsIn(['accept', 'demand'])
  readonly binding: 'accept' | 'demand' = 'accept';

  /** The algorithms it signs with. Narrow it to what the issuer really uses. */
  @ArrayNotEmpty()
  @IsIn(ASYMMETRIC_ALGORITHMS, { each: true })
  readonly algorithms: readonly AsymmetricAlgorithm[] = ASYMMETRIC_ALGORITHMS;

  /**
   * A secret shared with the issuer, at least 32 bytes, for tokens signed with HS256. The issuer then has no public keys,
   * and whoever can verify its tokens can forge them: prefer anything else. `algorithms` says nothing then.
   */
  @IfGiven()
  @IsSharedSecret()
  readonly sharedSecret?: string | Uint8Array;

  /** Turns claims into scopes, where the profile's own way isn't what you want. What it throws refuses the token. */
  @IfGiven()
  @IsCallable()
  readonly scopesFrom?: (claims: Claims) => readonly string[];

  /** Fetch its keys by plain http if it is on loopback. For development and tests. */
  @IsBoolean()
  readonly allowHttpOnLoopback: boolean = false;
}

/** How users are identified. */
export class TokenOptions {
  /** Who we are: `aud` of every token must contain it. */
  @IsString()
  @IsNotEmpty()
  readonly audience!: string;

  /**
   * The URL under which clients reach this API, for the metadata of RFC 9728 that challenges lead to. It may
   * have a query. By default the own issuer's URL.
   */
  @IfGiven()
  @IsSecureResource()
  readonly resource?: string;

  /** Issue tokens ourselves. */
  @IfGiven()
  @ValidateNested()
  readonly issuer?: OwnIssuerOptions;

  /** Accept the tokens of others. */
  @IsArray()
  @ValidateNested({ each: true })
  readonly trustedIssuers: readonly TrustedIssuerOptions[] = [];

  /** What others say of how their users have logged in, as far as it counts: in tokens for `@RequireLogin`, and at single sign-on. */
  @IsArray()
  @ArrayUnique((each: TrustedLoginOptions) => each?.issuer, {
    message: '$property must name each issuer once',
  })
  @ValidateNested({ each: true })
  readonly trustedLogins: readonly TrustedLoginOptions[] = [];

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

  /** How long an issuer's sessions live at most, in seconds. The revocation of one is remembered for as long. */
  @IsInt()
  @Min(1)
  readonly maxSessionSeconds: number = 2_592_000;

  /** How many proven tokens are remembered. */
  @IsInt()
  @Min(1)
  readonly cacheSize: number = 10_000;

  /** Remote keys are fetched again after this long, in seconds: while the issuer answers, a retired key is refused then. */
  @IsInt()
  @Min(10)
  readonly keyRefreshSeconds: number = 300;

  /** Through an outage of an issuer its last keys serve for this long, in seconds. No key is used for longer without being seen again. */
  @IsInt()
  @Min(60)
  readonly keyMaxAgeSeconds: number = 3_600;

  /** Between two fetches of an issuer's keys at least this much time passes, in seconds, whatever tokens ask for; after one that failed, a second. */
  @IsInt()
  @Min(1)
  readonly keyCooldownSeconds: number = 30;

  /** What is done when a token is misused. */
  @ValidateNested()
  readonly reactions!: ReactionOptions;
}

/** Without it there are no tokens, so nothing is filled in. */
export const TOKEN_OPTIONS = defineOptions('tokens', TokenOptions, (given?: Partial<TokenOptions>) => {
  if (given === undefined) return undefined;
  const { issuer, trustedIssuers, trustedLogins, reactions } = given;
  return withDefaults(TokenOptions, {
    ...given,
    reactions: withDefaults(ReactionOptions, reactions),
    issuer: issuer && withDefaults(OwnIssuerOptions, issuer),
    trustedIssuers: withDefaultsEach(TrustedIssuerOptions, trustedIssuers),
    trustedLogins: withDefaultsEach(TrustedLoginOptions, trustedLogins),
  });
});
