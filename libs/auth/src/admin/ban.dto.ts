import { Transform } from 'class-transformer';
import { Equals, IsBoolean, IsIn, IsInt, IsString, Length, Max, Min } from 'class-validator';
import { PageDto } from '../api-keys/api-key.dto.js';
import { IfGiven, IsIpNetwork } from '../options-validation.js';

/** A query holds only texts. */
function FromQuery(): PropertyDecorator {
  return Transform(({ value }) => (value === 'true' ? true : value === 'false' ? false : value));
}

export class ListBansDto extends PageDto {
  /** An address or a network: the bans of it, and of the networks around it. */
  @IfGiven()
  @IsIpNetwork()
  readonly target?: string;

  /** `any`: also the bans that are over, as long as they are remembered. */
  @IfGiven()
  @IsIn(['active', 'any'])
  readonly state?: 'active' | 'any';

  /** The rule that decided. */
  @IfGiven()
  @IsString()
  readonly rule?: string;

  /** Only those that refuse nobody, or only those that do. */
  @IfGiven()
  @FromQuery()
  @IsBoolean()
  readonly shadow?: boolean;
}

export class WhyBannedDto {
  /** An address, or a network in CIDR notation. */
  @IsIpNetwork()
  readonly target!: string;
}

export class CreateBanDto {
  /** An address, or a network in CIDR notation. */
  @IsIpNetwork()
  readonly network!: string;

  /** Why, for other operators. */
  @IsString()
  @Length(1, 500)
  readonly reason!: string;

  /** How long, in seconds. By default as long as the offender's history asks for. */
  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(315_360_000)
  readonly seconds?: number;

  /** Ban the network although the caller's own address is in it. */
  @IfGiven()
  @IsBoolean()
  readonly force?: boolean;
}

export class LiftBanDto {
  /** Forget the network's whole history too, so that its next ban is a first offence. */
  @IfGiven()
  @FromQuery()
  @IsBoolean()
  readonly forgive?: boolean;
}

export class ClearBansDto {
  /** Really all of them. */
  @FromQuery()
  @Equals(true, { message: 'all bans are only cleared with ?all=true' })
  readonly all!: true;
}
