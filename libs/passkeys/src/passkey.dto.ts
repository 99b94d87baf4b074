import { IfGiven } from '@portcullis/auth';
import { IsVisibleName } from '@portcullis/auth/internal';
import { IsBoolean, IsObject, IsString, Length } from 'class-validator';

/** What is in a passkey's answer is read where it is used: browsers may add to it. */
class PasskeyDto {
  /** What `PublicKeyCredential.toJSON()` gives. */
  @IsObject()
  readonly passkey!: object;
}

/** Longer than any ticket. */
const LONGEST_TICKET = 200;

export class NewPasskeyOptionsDto {
  /** Of a login that waits for its user to get a factor. */
  @IfGiven()
  @IsString()
  @Length(1, LONGEST_TICKET)
  readonly ticket?: string;
}

export class NewPasskeyDto extends PasskeyDto {
  /** Of a login that waits for its user to get a factor. */
  @IfGiven()
  @IsString()
  @Length(1, LONGEST_TICKET)
  readonly ticket?: string;

  /** What its user calls it. */
  @IfGiven()
  @IsVisibleName()
  readonly name?: string;

  /** Whether all other sessions of the user end. */
  @IfGiven()
  @IsBoolean()
  readonly endOtherSessions?: boolean;
}

export class PasskeyLoginDto extends PasskeyDto {
  /** What people call the device. */
  @IfGiven()
  @IsVisibleName()
  readonly device?: string;
}
