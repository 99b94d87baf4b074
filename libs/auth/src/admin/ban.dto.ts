import { Transform } from 'class-transformer';
import { Equals, IsBoolean, IsIn, IsInt, IsString, Length, Max, Min } from 'class-validator';
import { PageDto } from '../api-keys/api-key.dto.js';
import { BAN_LIST_FORMATS, type BanListFormat } from '../bans/lists/ban-list.js';
import { BAN_EXPORT_FORMATS, type BanExportFormat } from '../bans/lists/format-ban-list.js';
import { IsIpNetwork } from '../net/network-validators.js';
import { IfGiven } from '../options/option-validators.js';

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

/** What is decided of a network, or of all networks of a list. */
class BanDecisionDto {
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

  /** Ban a network although the caller's own address is in it. */
  @IfGiven()
  @IsBoolean()
  readonly force?: boolean;
}

export class CreateBanDto extends BanDecisionDto {
  /** An address, or a network in CIDR notation. */
  @IsIpNetwork()
  readonly network!: string;
}

export class ImportBansDto extends BanDecisionDto {
  /** The text of the list. */
  @IsString()
  readonly list!: string;

  /** What the list looks like. By default it is recognised. */
  @IfGiven()
  @IsIn(BAN_LIST_FORMATS)
  readonly format?: BanListFormat;
}

export class ExportBansDto {
  @IsIn(BAN_EXPORT_FORMATS)
  readonly format!: BanExportFormat;
}

/** Why bans are lifted. */
class LiftingDto {
  /** Why, for other operators. */
  @IfGiven()
  @IsString()
  @Length(1, 500)
  readonly reason?: string;
}

export class LiftBanDto extends LiftingDto {
  /** Forget the network's whole history too, so that its next ban is a first offence. */
  @IfGiven()
  @FromQuery()
  @IsBoolean()
  readonly forgive?: boolean;
}

export class ClearBansDto extends LiftingDto {
  /** Really all of them. */
  @FromQuery()
  @Equals(true, { message: 'all bans are only cleared with ?all=true' })
  readonly all!: true;
}
