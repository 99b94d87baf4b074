import { Transform, Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsString, Length, Min } from 'class-validator';
import { PageDto } from '../api-keys/api-key.dto.js';
import type { AuditEntry } from '../audit/audit.store.js';
import { IsIpNetwork } from '../net/network-validators.js';
import { IfGiven } from '../options/option-validators.js';

/** There are far fewer types of events. */
const MAX_TYPES = 200;

export class ListAuditDto extends PageDto {
  /** The type of the events; several times for several types. */
  @IfGiven()
  @Transform(({ value }) => (value === undefined ? undefined : [value].flat()))
  @IsArray()
  @ArrayMaxSize(MAX_TYPES)
  @IsString({ each: true })
  readonly type?: AuditEntry['type'][];

  /** Who changed something. */
  @IfGiven()
  @IsString()
  @Length(1, 500)
  readonly actor?: string;

  /** The user whom it is about. */
  @IfGiven()
  @IsString()
  @Length(1, 500)
  readonly subject?: string;

  /** The app that it is about. */
  @IfGiven()
  @IsString()
  @Length(1, 500)
  readonly appId?: string;

  /** The API key or personal token that it is about. */
  @IfGiven()
  @IsString()
  @Length(1, 500)
  readonly keyId?: string;

  /** Where it came from, or what a rule banned: an address, or a network as bans name it. */
  @IfGiven()
  @IsIpNetwork()
  readonly address?: string;

  /** The request, by the `requestId` that its answer carried. */
  @IfGiven()
  @IsString()
  @Length(1, 500)
  readonly requestId?: string;

  /** At or after this time, in milliseconds since the epoch. */
  @IfGiven()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  readonly since?: number;

  /** Before this time, in milliseconds since the epoch. */
  @IfGiven()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  readonly until?: number;
}
