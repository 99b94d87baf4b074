import { Body, ConflictException, Delete, Get, HttpCode, Param, Post, UsePipes } from '@nestjs/common';
import { IsBoolean, IsInt, IsString, Length, Max, Min } from 'class-validator';
import { BanService } from '../bans/ban.service.js';
import type { Ban } from '../bans/ban.store.js';
import { isWithin, parseIpAddress, parseIpNetwork } from '../bans/ip-address.js';
import type { Actor } from '../events/security-events.js';
import { found } from '../http/answers.js';
import { OWN_VALIDATION } from '../http/own-validation.js';
import { CurrentActor } from '../identity/current-identity.decorator.js';
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

  /** Ban the network although the caller's own address is in it. */
  @IfGiven()
  @IsBoolean()
  readonly force?: boolean;
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
  ban(
    @Body() { network, force = false, ...details }: CreateBanDto,
    @CurrentActor() who: Actor,
  ): Promise<Ban> {
    if (!force && holds(network, who.address)) {
      throw new ConflictException(
        'Your own address is in this network; with "force": true it is banned all the same',
      );
    }
    return this.bans.ban(network, { ...details, ...who });
  }

  /** Lifts a ban. */
  @Delete(':id')
  @HttpCode(204)
  async unban(@Param('id') id: string, @CurrentActor() who: Actor): Promise<void> {
    found(await this.bans.unban(id, who));
  }
}

function holds(network: string, address: string | undefined): boolean {
  const [whole, own] = [parseIpNetwork(network), parseIpAddress(address ?? '')];
  return whole !== undefined && own !== undefined && isWithin(own, whole);
}
