import { IsIn, IsInt, IsNotEmpty, IsString, Max, Min, ValidateIf } from 'class-validator';
import { IfGiven } from '../options/option-validators.js';
import { defineOptions } from '../options/options-section.js';
import { isPlainFunction } from '../options/plain-function.js';
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

/** What a login needs besides a password. */
export class MfaOptions {
  /** Who has to prove a second factor at login; a function says it for each login. Whoever must and has none may only get one. */
  @ValidateIf((_, value) => !isPlainFunction(value))
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
}

export const MFA_OPTIONS = defineOptions('mfa', MfaOptions);
