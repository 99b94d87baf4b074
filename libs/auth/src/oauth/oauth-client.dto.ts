import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsString,
  Length,
  Max,
  Min,
} from 'class-validator';
import type { GivenJwk } from '../binding/message-signature-key.js';
import { IfGiven } from '../options/option-validators.js';
import {
  OAUTH_CLIENT_AUTHENTICATIONS,
  OAUTH_CLIENT_KINDS,
  type OAuthClientAuthentication,
  type OAuthClientKind,
} from './oauth-client-details.js';

/** Whether it makes sense as a whole is asked of the service. */
export class ChangeOAuthClientDto {
  @IfGiven()
  @IsString()
  @Length(1, 100)
  readonly name?: string;

  @IfGiven()
  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true })
  readonly redirectUris?: string[];

  @IfGiven()
  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true })
  readonly postLogoutRedirectUris?: string[];

  @IfGiven()
  @IsString()
  readonly backchannelLogoutUri?: string;

  @IfGiven()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  readonly scopes?: string[];

  @IfGiven()
  @IsObject()
  readonly jwks?: { readonly keys: readonly GivenJwk[] };

  @IfGiven()
  @IsString()
  readonly jwksUri?: string;

  @IfGiven()
  @IsIn(['ask', 'skip'])
  readonly consent?: 'ask' | 'skip';

  @IfGiven()
  @IsIn(['accept', 'demand'])
  readonly binding?: 'accept' | 'demand';

  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(86_400)
  readonly accessTokenSeconds?: number;

  @IfGiven()
  @IsIn(['full', 'compact'])
  readonly claims?: 'full' | 'compact';

  @IfGiven()
  @IsBoolean()
  readonly mayExchange?: boolean;
}

export class CreateOAuthClientDto extends ChangeOAuthClientDto {
  @IsString()
  @Length(1, 100)
  declare readonly name: string;

  @IsIn(OAUTH_CLIENT_KINDS)
  readonly kind!: OAuthClientKind;

  @IfGiven()
  @IsIn(OAUTH_CLIENT_AUTHENTICATIONS)
  readonly authentication?: OAuthClientAuthentication;
}

export class RotateOAuthClientDto {
  /** How long the secrets before still work, in seconds. */
  @IsNumber()
  @Min(0)
  @Max(31_536_000)
  readonly overlapSeconds!: number;
}

/** A client by its id, which may be a URL. */
export class NamedClientDto {
  @IsString()
  @Length(1, 2_048)
  readonly clientId!: string;
}

/** Which part of a list is wanted. */
export class OAuthPageDto {
  /** `nextCursor` of the page before. */
  @IfGiven()
  @IsString()
  @Length(1, 500)
  readonly cursor?: string;

  @IfGiven()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly limit?: number;
}
