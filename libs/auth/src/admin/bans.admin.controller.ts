import { Body, ConflictException, Delete, Get, HttpCode, Param, Post, Query, UsePipes } from '@nestjs/common';
import { BanService } from '../bans/ban.service.js';
import type { Ban, BanRecord } from '../bans/ban.store.js';
import type { BanPage } from '../bans/ban-query.js';
import { isWithin, parseIpAddress, parseIpNetwork } from '../bans/ip-address.js';
import type { Actor } from '../events/security-events.js';
import { asBadRequest, found } from '../http/answers.js';
import { OWN_VALIDATION } from '../http/own-validation.js';
import { CurrentActor } from '../identity/current-identity.decorator.js';
import { ClearBansDto, CreateBanDto, LiftBanDto, ListBansDto, WhyBannedDto } from './ban.dto.js';

@UsePipes(OWN_VALIDATION)
export class BansAdminController {
  constructor(private readonly bans: BanService) {}

  /** The bans that match, newest first. */
  @Get()
  async list(@Query() filter: ListBansDto): Promise<BanPage> {
    return this.bans.list(filter).catch(asBadRequest);
  }

  /** Every remembered ban of an address or a network and of the networks around it, with the strikes that led to it. */
  @Get('why')
  async why(@Query() { target }: WhyBannedDto): Promise<{ bans: readonly BanRecord[] }> {
    return { bans: await this.bans.why(target) };
  }

  /** One ban, in force or over, with the strikes that led to it. */
  @Get(':id')
  async find(@Param('id') id: string): Promise<BanRecord> {
    return found(await this.bans.findById(id));
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

  /** Lifts and forgets all bans. */
  @Delete()
  async clear(@Query() _: ClearBansDto, @CurrentActor() who: Actor): Promise<{ cleared: number }> {
    return { cleared: await this.bans.clear(who) };
  }

  /** Lifts a ban. Forgiven, it is as if its network had never been banned. */
  @Delete(':id')
  @HttpCode(204)
  async unban(
    @Param('id') id: string,
    @Query() { forgive = false }: LiftBanDto,
    @CurrentActor() who: Actor,
  ): Promise<void> {
    if (!forgive) found(await this.bans.unban(id, who));
    else await this.bans.forgive(found(await this.bans.findById(id)).network, who);
  }
}

function holds(network: string, address: string | undefined): boolean {
  const [whole, own] = [parseIpNetwork(network), parseIpAddress(address ?? '')];
  return whole !== undefined && own !== undefined && isWithin(own, whole);
}
