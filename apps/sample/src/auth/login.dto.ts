import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';

export class LoginDto {
  @ApiProperty({ example: 'dispatcher' })
  @IsString()
  @Length(1, 64)
  readonly username!: string;

  /** Limited, because hashing takes time with what it is given. */
  @ApiProperty()
  @IsString()
  @Length(1, 128)
  readonly password!: string;
}

/** An access token, under the names of RFC 6749 section 5.1. */
export class TokenDto {
  @ApiProperty()
  readonly access_token!: string;

  @ApiProperty({ enum: ['Bearer', 'DPoP'] })
  readonly token_type!: 'Bearer' | 'DPoP';

  /** Seconds. */
  @ApiProperty({ example: 900 })
  readonly expires_in!: number;
}
