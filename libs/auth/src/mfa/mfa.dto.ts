import { IsBoolean, IsIn, IsObject, IsString, Length, MaxLength } from 'class-validator';
import { IfGiven } from '../options/option-validators.js';
import { IsVisibleName } from '../routes/visible-name.js';
import { MAX_LOGIN_TICKET_LENGTH } from './login-ticket-format.js';

/** What proves a factor. With neither of the two the answer says what may be proven. */
class FactorAnswerDto {
  /** The id of a factor, or a kind. */
  @IfGiven()
  @IsString()
  @Length(1, 200)
  readonly factor?: string;

  @IfGiven()
  @IsString()
  @Length(1, 100)
  readonly code?: string;

  /** The answer of WebAuthn, as JSON. */
  @IfGiven()
  @IsObject()
  readonly passkey?: object;
}

export class MfaDto extends FactorAnswerDto {
  @IsString()
  @MaxLength(MAX_LOGIN_TICKET_LENGTH)
  readonly ticket!: string;
}

export class StepUpDto extends FactorAnswerDto {}

export class EnrolDto {
  /** Of a login that waits for a factor. */
  @IfGiven()
  @IsString()
  @MaxLength(MAX_LOGIN_TICKET_LENGTH)
  readonly ticket?: string;

  /** What its user calls it. */
  @IfGiven()
  @IsVisibleName()
  readonly name?: string;
}

export class ConfirmDto {
  @IfGiven()
  @IsString()
  @MaxLength(MAX_LOGIN_TICKET_LENGTH)
  readonly ticket?: string;

  @IsString()
  @Length(1, 100)
  readonly code!: string;

  /** Whether the user's other sessions end. */
  @IfGiven()
  @IsBoolean()
  readonly endOtherSessions?: boolean;
}

export class RenewDto {
  /** Whether the user's other sessions end. */
  @IfGiven()
  @IsBoolean()
  readonly endOtherSessions?: boolean;
}

export class RemoveDto {
  /** Whether the user's other sessions end. */
  @IfGiven()
  @IsIn(['true', 'false'])
  readonly endOtherSessions?: 'true' | 'false';
}
