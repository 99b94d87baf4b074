import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { IsIpNetwork } from '../net/network-validators.js';
import { IfGiven } from '../options/option-validators.js';
import { MAX_WINDOW_SECONDS, type RequestLimit } from '../rate-limits/request-limit.js';
import { GRANTABLE_SCOPE } from '../scopes.js';
import { API_KEY_STATES, type ApiKeyState } from './api-key.store.js';
import { IsMetadata } from './api-key-validators.js';
import { MAX_NETWORKS } from './new-api-key.js';

/** Ten years, in seconds. */
const MAX_SECONDS = 315_360_000;

const SCOPE_MESSAGE = {
  each: true,
  message: 'each of scopes must be a scope such as parcels:read or parcels:*',
};

export class RateLimitDto implements RequestLimit {
  @IsInt()
  @Min(1)
  @Max(1_000_000_000)
  readonly requests!: number;

  @IsInt()
  @Min(1)
  @Max(MAX_WINDOW_SECONDS)
  readonly windowSeconds!: number;
}

export class CreateApiKeyDto {
  /** The application that the key is for. */
  @IsString()
  @Length(1, 100)
  readonly appId!: string;

  /** A name that people recognise. */
  @IsString()
  @Length(1, 100)
  readonly name!: string;

  /** Who answers for the key. */
  @IfGiven()
  @IsString()
  @Length(1, 100)
  readonly owner?: string;

  /** Which tenant the application belongs to. */
  @IfGiven()
  @IsString()
  @Length(1, 100)
  readonly tenant?: string;

  /** Whatever is to be known of it. */
  @IfGiven()
  @IsMetadata()
  readonly metadata?: Record<string, unknown>;

  /** What the key may do. */
  @IsArray()
  @ArrayMaxSize(100)
  @Matches(GRANTABLE_SCOPE, SCOPE_MESSAGE)
  readonly scopes!: string[];

  /** The addresses and networks that it may be used from. By default from everywhere. */
  @IfGiven()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(MAX_NETWORKS)
  @IsIpNetwork({ each: true })
  readonly networks?: string[];

  /** How often it may be used. By default without limit. */
  @IfGiven()
  @ValidateNested()
  @Type(() => RateLimitDto)
  readonly rateLimit?: RateLimitDto;

  /** A public key, as a JWK, whose signature each request with it has to carry. None by default. */
  @IfGiven()
  @IsObject()
  readonly publicKey?: Record<string, unknown>;

  /** When it begins to work, in milliseconds since the epoch. By default now. */
  @IfGiven()
  @IsInt()
  @Min(0)
  readonly notBefore?: number;

  /** How long it works, in seconds; `never`, written out, for a key that never expires by itself. */
  @IfGiven()
  @ValidateIf((dto: CreateApiKeyDto) => dto.lifetimeSeconds !== 'never')
  @IsInt()
  @Min(1)
  @Max(MAX_SECONDS)
  readonly lifetimeSeconds?: number | 'never';
}

/** Which part of a long list is wanted. */
export class PageDto {
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

export class ListApiKeysDto extends PageDto {
  @IfGiven()
  @IsString()
  readonly appId?: string;

  /** `sub` of the user whose personal tokens are wanted. */
  @IfGiven()
  @IsString()
  readonly subject?: string;

  @IfGiven()
  @IsString()
  readonly owner?: string;

  @IfGiven()
  @IsString()
  readonly tenant?: string;

  @IfGiven()
  @IsIn(API_KEY_STATES)
  readonly state?: ApiKeyState;
}

/** A personal token that a user asks for. */
export class CreatePersonalTokenDto {
  /** A name that its user recognises. */
  @IsString()
  @Length(1, 100)
  readonly name!: string;

  /** What it may do; nothing that its user may not. */
  @IsArray()
  @ArrayMaxSize(100)
  @Matches(GRANTABLE_SCOPE, SCOPE_MESSAGE)
  readonly scopes!: string[];

  /** How long it works, in seconds. */
  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(MAX_SECONDS)
  readonly lifetimeSeconds?: number;

  /** The addresses and networks that it may be used from. By default from everywhere. */
  @IfGiven()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(MAX_NETWORKS)
  @IsIpNetwork({ each: true })
  readonly networks?: string[];

  /** A public key, as a JWK, whose signature each request with it has to carry. None by default. */
  @IfGiven()
  @IsObject()
  readonly publicKey?: Record<string, unknown>;
}

export class RotateApiKeyDto {
  /** How long the old key still works, in seconds. 0: it is dead now. */
  @IsInt()
  @Min(0)
  @Max(MAX_SECONDS)
  readonly overlapSeconds!: number;

  /** How long the new key works, in seconds, or `never`. By default as long as the old one was meant to. */
  @IfGiven()
  @ValidateIf((dto: RotateApiKeyDto) => dto.lifetimeSeconds !== 'never')
  @IsInt()
  @Min(1)
  @Max(MAX_SECONDS)
  readonly lifetimeSeconds?: number | 'never';

  /** A public key, as a JWK, whose signature each request with it has to carry. By default that of the old one. */
  @IfGiven()
  @IsObject()
  readonly publicKey?: Record<string, unknown>;
}

export class RevokeApiKeyDto {
  /** Why, for other operators. */
  @IfGiven()
  @IsString()
  @Length(1, 500)
  readonly reason?: string;
}

export class RevokeApiKeysDto extends RevokeApiKeyDto {
  /** The application whose keys are all revoked. */
  @IsString()
  @Length(1, 100)
  readonly appId!: string;
}
