import { BadRequestException, Delete, Get, Header, HttpCode, Inject, Param, Query } from '@nestjs/common';
import { IsString, Length } from 'class-validator';
import type { Actor } from '../events/security-event.js';
import type { UserIdentity } from '../identity/identity.js';
import { type Factor, FactorService } from '../mfa/factor-service.js';
import { CurrentActor, CurrentUser } from '../request/current-identity.decorator.js';
import { found } from '../routes/answers.js';
import { OwnValidation } from '../routes/own-validation.js';
import { ADMIN_SETTINGS, type AdminSettings } from './admin-settings.js';
import { UserAdminBounds } from './user-admin-bounds.js';

export class ListFactorsDto {
  /** `sub` of the user. */
  @IsString()
  @Length(1, 500)
  readonly subject!: string;
}

/** The second factors of users of this app's own issuer. */
@OwnValidation()
export class FactorsAdminController {
  constructor(
    @Inject(ADMIN_SETTINGS) private readonly options: AdminSettings,
    private readonly factors: FactorService,
    private readonly bounds: UserAdminBounds,
  ) {}

  /** The factors that a user has confirmed, oldest first. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async list(
    @Query() { subject }: ListFactorsDto,
    @CurrentUser() admin: UserIdentity,
  ): Promise<{ readonly factors: readonly Factor[] }> {
    const issuer = this.options.tokens?.issuer?.url;
    if (issuer === undefined)
      throw new BadRequestException('This app issues no tokens of its own, and so has no second factors');
    await this.bounds.demandUser(admin, subject);
    return { factors: await this.factors.list({ issuer, subject }) };
  }

  /** Removes one of somebody who has lost it, also the last one. */
  @Delete(':id')
  @HttpCode(204)
  async remove(
    @Param('id') id: string,
    @CurrentUser() admin: UserIdentity,
    @CurrentActor() who: Actor,
  ): Promise<void> {
    const { subject } = found(await this.factors.ownerOf(id));
    await this.bounds.demandUser(admin, subject);
    found(await this.factors.removeAny(id, who));
  }
}
