import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsString, Length, Max, MaxLength, Min } from 'class-validator';
import { IfGiven } from '../options/option-validators.js';
import { IsVisibleName } from '../routes/visible-name.js';
import { MAX_REFRESH_TOKEN_LENGTH } from './refresh-token-format.js';

export class LoginDto {
  @IsString()
  @Length(1, 200)
  readonly username!: string;

  /** Limited, because hashing takes time with what it is given. */
  @IsString()
  @Length(1, 1_000)
  readonly password!: string;

  /** What people call the device. */
  @IfGiven()
  @IsVisibleName()
  readonly device?: string;
}

export class RefreshDto {
  @IfGiven()
  @IsString()
  @MaxLength(MAX_REFRESH_TOKEN_LENGTH)
  readonly refresh_token?: string;
}

export class LogoutDto extends RefreshDto {
  /** Whether all sessions of the user end. */
  @IfGiven()
  @IsBoolean()
  readonly everywhere?: boolean;
}

/** Which part of a user's sessions is wanted. */
export class SessionPageDto {
  /** `nextCursor` of the page before. */
  @IfGiven()
  @IsString()
  @Length(1, 200)
  readonly cursor?: string;

  @IfGiven()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly limit?: number;
}

export class EndOthersDto {
  /** Said in words, so that nobody ends all of them by leaving an id out. */
  @IsIn(['true'])
  readonly others!: 'true';
}
