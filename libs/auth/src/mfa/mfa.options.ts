import {
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsString,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { IsSecureUrl } from '../net/network-validators.js';
import { withDefaults } from '../options/fill-options.js';
import { IfGiven } from '../options/option-validators.js';
import { defineOptions, withDefaultsEach } from '../options/options-section.js';
import type { FrameworkRequest } from '../request/request-head.js';
import type { DirectoryUser } from '../sessions/user-directory.js';
import { TOTP_ALGORITHMS, type TotpAlgorithm } from './totp.js';

/** Who has to prove a second factor: nobody, whoever has one, or everybody. */
export type MfaRequirement = 'never' | 'when-enrolled' | 'always';

/**
 * Says it for one login.
 *
 * @param request what the login has come with; undefined where whoever hands the login in has none
 */
export type MfaPolicy = (
  user: DirectoryUser,
  request: FrameworkRequest | undefined,
) => MfaRequirement | Promise<MfaRequirement>;

/** An issuer whose logins count as by two factors where it says so. */
export class MfaIssuerOptions {
  /** `iss` of its ID tokens. */
  @IsSecureUrl()
  readonly issuer!: string;

  /** The values of `acr` that mean it. */
  @IsArray()
  @IsString({ each: true })
  readonly acr: readonly string[] = [];

  /** The values of `amr` each of which means it, such as `mfa`. */
  @IsArray()
  @IsString({ each: true })
  readonly amr: readonly string[] = [];
}

/** What a login needs besides a password. */
export class MfaOptions {
  /** Who has to prove a second factor at login; a function says it for each login. Whoever must and has none may only get one. */
  @ValidateIf((_, value) => typeof value !== 'function')
  @IsIn(['never', 'when-enrolled', 'always'])
  readonly required: MfaRequirement | MfaPolicy = 'when-enrolled';

  /** What authenticator apps call this app. By default the host of `tokens.issuer.url`. */
  @IfGiven()
  @IsString()
  @IsNotEmpty()
  readonly appName?: string;

  /** The hash of new TOTP secrets (RFC 6238). Many authenticator apps know `SHA1` only, which is as good here. */
  @IsIn(TOTP_ALGORITHMS)
  readonly totpAlgorithm: TotpAlgorithm = 'SHA1';

  /** How many digits the codes of new TOTP secrets have. */
  @IsInt()
  @Min(6)
  @Max(8)
  readonly totpDigits: number = 6;

  /** Whose single sign-on counts as two factors, and when. None by default: whoever comes from elsewhere proves a factor here. */
  @IsArray()
  @ArrayUnique((each: MfaIssuerOptions) => each?.issuer, { message: '$property must name each issuer once' })
  @ValidateNested({ each: true })
  readonly trustedIssuers: readonly MfaIssuerOptions[] = [];
}

export const MFA_OPTIONS = defineOptions('mfa', MfaOptions, (given: Partial<MfaOptions> = {}) =>
  withDefaults(MfaOptions, {
    ...given,
    trustedIssuers: withDefaultsEach(MfaIssuerOptions, given.trustedIssuers) as readonly MfaIssuerOptions[],
  }),
);
