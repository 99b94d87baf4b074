import { ConflictException, Delete, Get, Header, HttpCode, Param, Query } from '@nestjs/common';
import { RequireUser } from '../access/access.decorator.js';
import { demandAccessToken } from '../api-keys/demand-access-token.js';
import type { Actor } from '../events/security-event.js';
import type { UserIdentity } from '../identity/identity.js';
import { CurrentActor, CurrentUser } from '../request/current-identity.decorator.js';
import { asBadRequest, found } from '../routes/answers.js';
import { OwnValidation } from '../routes/own-validation.js';
import { currentSessionOf } from './current-session.js';
import { EndOthersDto, SessionPageDto } from './session.dto.js';
import { type SessionPage, SessionService } from './session-service.js';
import type { Session } from './session-view.js';

interface OwnSessionPage extends SessionPage {
  readonly sessions: readonly (Session & {
    /** Whether it is the one that asks. */ readonly current: boolean;
  })[];
}

/** What users do with their own sessions. */
@RequireUser()
@OwnValidation()
export class OwnSessionsController {
  constructor(private readonly sessions: SessionService) {}

  /** The caller's sessions that go on, newest first. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async list(@CurrentUser() user: UserIdentity, @Query() page: SessionPageDto): Promise<OwnSessionPage> {
    demandAccessToken(user);
    const { issuer, subject } = user;
    const { sessions, ...rest } = await this.sessions.list({ ...page, issuer, subject }).catch(asBadRequest);
    const current = currentSessionOf(user)?.id;
    return {
      sessions: sessions.map((session) => ({ ...session, current: session.id === current })),
      ...rest,
    };
  }

  /** Ends all of the caller's sessions but the one that asks. A token of none would end them all, which is not what was said: 409. */
  @Delete()
  @HttpCode(204)
  async endOthers(
    @CurrentUser() user: UserIdentity,
    @CurrentActor() who: Actor,
    @Query() _confirmation: EndOthersDto,
  ): Promise<void> {
    demandAccessToken(user);
    const { issuer, subject } = user;
    const current = currentSessionOf(user);
    if (current === undefined)
      throw new ConflictException('The access token is of no session, so that there are no others');
    const except = current.id;
    await this.sessions.endAllOf(subject, { issuer, except, ...who, reason: 'ended by its user' });
  }

  /** Ends one of the caller's sessions. */
  @Delete(':id')
  @HttpCode(204)
  async end(
    @Param('id') id: string,
    @CurrentUser() user: UserIdentity,
    @CurrentActor() who: Actor,
  ): Promise<void> {
    demandAccessToken(user);
    const session = found(await this.sessions.find(id));
    found(session.issuer === user.issuer && session.subject === user.subject);
    found(await this.sessions.end(id, { ...who, reason: 'ended by its user' }));
  }
}
