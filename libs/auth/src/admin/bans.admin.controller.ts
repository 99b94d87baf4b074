import { Body, Delete, Get, HttpCode, NotFoundException, Param, Post, UsePipes } from '@nestjs/common';
import { IsInt, IsString, Length, Max, Min } from 'class-validator';
import { BanService } from '../bans/ban.service.js';
import type { Ban } from '../bans/ban.store.js';
import { OWN_VALIDATION } from '../http/own-validation.js';
import { CurrentUser } from '../identity/current-identity.decorator.js';
import type { UserIdentity } from '../identity/identity.js';
import { IfGiven, IsIpNetwork } from '../options-validation.js';

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
}

@UsePipes(OWN_VALIDATION)
export class BansAdminController {
  constructor(private readonly bans: BanService) {}

  /** Every ban in force, newest first. */
  @Get()
  list(): Promise<readonly Ban[]> {
    return this.bans.list();
  }

  /** Bans an address or a network. */
  @Post()
  ban(@Body() { network, ...details }: CreateBanDto, @CurrentUser() user: UserIdentity): Promise<Ban> {
    return this.bans.ban(network, { ...details, actor: user.subject });
  }

  /** Lifts a ban. */
  @Delete(':id')
  @HttpCode(204)
  async unban(@Param('id') id: string, @CurrentUser() user: UserIdentity): Promise<void> {
    if ((await this.bans.unban(id, user.subject)) === undefined) throw new NotFoundException();
  }
}
