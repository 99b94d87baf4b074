import { BadRequestException, Delete, Get, HttpCode, Inject, Param, Query } from '@nestjs/common';
import { IsString, Length } from 'class-validator';
import type { Actor } from '../events/security-event.js';
import type { UserIdentity } from '../identity/identity.js';
import { IfGiven } from '../options/option-validators.js';
import { CurrentActor, CurrentUser } from '../request/current-identity.decorator.js';
import { asBadRequest, found } from '../routes/answers.js';
import { OwnValidation } from '../routes/own-validation.js';
import { SessionPageDto } from '../sessions/session.dto.js';
import { type SessionPage, SessionService } from '../sessions/session-service.js';
import { ADMIN_SETTINGS, type AdminSettings } from './admin-settings.js';
import { UserAdminBounds } from './user-admin-bounds.js';

export class ListSessionsDto extends SessionPageDto {
  /** `sub` of the user. */
  @IsString()
  @Length(1, 500)
  readonly subject!: string;
}

export class EndSessionDto {
  /** Why, for other operators. */
  @IfGiven()
  @IsString()
  @Length(1, 500)
  readonly reason?: string;
}

export class EndSessionsDto extends EndSessionDto {
  /** `sub` of the user whose sessions all end. */
  @IsString()
  @Length(1, 500)
  readonly subject!: string;
}

const REASON = 'ended by an admin';

/** The logins of users of this app's own issuer. */
@OwnValidation()
export class SessionsAdminController {
  constructor(
    @Inject(ADMIN_SETTINGS) private readonly options: AdminSettings,
    private readonly sessions: SessionService,
    private readonly bounds: UserAdminBounds,
  ) {}

  /** The sessions of a user that go on, newest first. */
  @Get()
  async list(@Query() query: ListSessionsDto, @CurrentUser() admin: UserIdentity): Promise<SessionPage> {
    this.#demandIssuer();
    await this.bounds.demandUser(admin, query.subject);
    return this.sessions.list(query).catch(asBadRequest);
  }

  /** Ends all sessions of a user. */
  @Delete()
  @HttpCode(204)
  async endAll(
    @Query() { subject, reason = REASON }: EndSessionsDto,
    @CurrentUser() admin: UserIdentity,
    @CurrentActor() who: Actor,
  ): Promise<void> {
    this.#demandIssuer();
    await this.bounds.demandUser(admin, subject);
    await this.sessions.endAllOf(subject, { ...who, reason });
  }

  /** Ends one session. */
  @Delete(':id')
  @HttpCode(204)
  async end(
    @Param('id') id: string,
    @Query() { reason = REASON }: EndSessionDto,
    @CurrentUser() admin: UserIdentity,
    @CurrentActor() who: Actor,
  ): Promise<void> {
    const { subject } = found(await this.sessions.find(id));
    await this.bounds.demandUser(admin, subject);
    found(await this.sessions.end(id, { ...who, reason }));
  }

  #demandIssuer(): void {
    if (this.options.tokens?.issuer === undefined)
      throw new BadRequestException('This app issues no tokens of its own, and so has no sessions');
  }
}
