import { Body, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { RequireUser } from '../access/access.decorator.js';
import type { Actor } from '../events/security-event.js';
import type { UserIdentity } from '../identity/identity.js';
import { CurrentActor, CurrentUser } from '../request/current-identity.decorator.js';
import { asBadRequest, found } from '../routes/answers.js';
import { OwnValidation } from '../routes/own-validation.js';
import { CreatePersonalTokenDto, PageDto } from './api-key.dto.js';
import type { ApiKeyPage } from './api-key-listing.js';
import type { CreatedApiKey } from './api-key-making.js';
import { PersonalTokenService } from './personal-token-service.js';

/** What users do with their own tokens. */
@RequireUser()
@OwnValidation()
export class PersonalTokensController {
  constructor(private readonly tokens: PersonalTokenService) {}

  /** The caller's tokens, newest first. */
  @Get()
  async list(@CurrentUser() user: UserIdentity, @Query() page: PageDto): Promise<ApiKeyPage> {
    return this.tokens.list(user, page).catch(asBadRequest);
  }

  /** Makes a token; the answer is the only place that shows it. */
  @Post()
  async create(
    @Body() dto: CreatePersonalTokenDto,
    @CurrentUser() user: UserIdentity,
    @CurrentActor() who: Actor,
  ): Promise<CreatedApiKey> {
    return this.tokens.create(user, dto, who).catch(asBadRequest);
  }

  /** Revokes one of the caller's tokens, for ever. */
  @Delete(':id')
  @HttpCode(204)
  async revoke(
    @Param('id') id: string,
    @CurrentUser() user: UserIdentity,
    @CurrentActor() who: Actor,
  ): Promise<void> {
    found(await this.tokens.revoke(user, id, who));
  }
}
