import { IfGiven } from '@portcullis/auth';
import { IsString, Matches, MaxLength } from 'class-validator';

const LONGEST_PATH = 1_000;

export class BeginDto {
  /** Where the login leads: a path of this app. By default `/`. */
  @IfGiven()
  @IsString()
  @MaxLength(LONGEST_PATH)
  readonly return_to?: string;

  /** How long ago the user may have logged in there at most, in seconds: 0 has them log in again. */
  @IfGiven()
  @Matches(/^\d{1,7}$/, { message: 'max_age must be a number of seconds' })
  readonly max_age?: string;
}

export class LogoutDto {
  /** Where the other issuer sends the browser then: a path of this app, which it has to know. By default `/`. */
  @IfGiven()
  @IsString()
  @MaxLength(LONGEST_PATH)
  readonly return_to?: string;
}

export class LinkDto {
  /** Where the browser is sent when the accounts are linked: a path of this app. By default `/`. */
  @IfGiven()
  @IsString()
  @MaxLength(LONGEST_PATH)
  readonly return_to?: string;
}
