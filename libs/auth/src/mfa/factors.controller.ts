import { Body, Delete, Get, Header, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { Public, RequireUser } from '../access/access.decorator.js';
import { demandAccessToken } from '../api-keys/demand-access-token.js';
import { Strikes } from '../bans/ban.decorator.js';
import type { Actor, RequestFacts } from '../events/security-event.js';
import type { UserIdentity } from '../identity/identity.js';
import { CurrentActor, CurrentRequest, CurrentUser } from '../request/current-identity.decorator.js';
import type { FrameworkRequest } from '../request/request-head.js';
import { found } from '../routes/answers.js';
import { OwnValidation } from '../routes/own-validation.js';
import { ClientLogins } from '../sessions/client-logins.js';
import type { CookieResponse } from '../sessions/cookies.js';
import { currentSessionOf } from '../sessions/current-session.js';
import { LoginAnswers, type TokenAnswer } from '../sessions/login-answers.js';
import { RefreshCookie } from '../sessions/refresh-cookie.js';
import { SESSION_CLIENT, type SessionClient } from '../sessions/session-client.js';
import { whereFrom } from '../sessions/where-from.js';
import { type Enroller, Enrolments, type TotpEnrolment } from './enrolments.js';
import { type Factor, FactorService } from './factor-service.js';
import { ConfirmDto, EnrolDto, RemoveDto } from './mfa.dto.js';

/** What users do with their own factors. */
@OwnValidation()
export class FactorsController {
  constructor(
    @Inject(SESSION_CLIENT) private readonly client: SessionClient,
    private readonly factors: FactorService,
    private readonly enrolments: Enrolments,
    private readonly cookie: RefreshCookie,
    private readonly answers: LoginAnswers,
    private readonly clientLogins: ClientLogins,
  ) {}

  /** The caller's factors, oldest first, with the number of recovery codes that are left. */
  @RequireUser()
  @Get()
  @Header('Cache-Control', 'no-store')
  async list(@CurrentUser() user: UserIdentity): Promise<{ readonly factors: readonly Factor[] }> {
    demandAccessToken(user);
    return { factors: await this.factors.list(user) };
  }

  /** Begins to enrol an authenticator app; the answer is the only place that shows its secret. */
  @Public({ identify: true })
  @Post('totp')
  @Header('Cache-Control', 'no-store')
  async beginTotp(
    @Body() { ticket, name }: EnrolDto,
    @CurrentUser() user: UserIdentity | undefined,
    @Req() request: FrameworkRequest,
    @CurrentRequest() facts: RequestFacts,
  ): Promise<TotpEnrolment> {
    const enroller = await this.#enrollerOf(user, ticket, request, facts);
    if (user !== undefined) await this.factors.demandFreshLogin(user);
    return this.enrolments.beginTotp(enroller, name ?? null);
  }

  /** Confirms it by a code; the answer is the only place that shows the first recovery codes, and has the tokens of a login that waited. */
  @Strikes({ event: 'mfa_failed' })
  @Public({ identify: true })
  @Post(':id/confirm')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async confirm(
    @Param('id') id: string,
    @Body() { ticket, code, endOtherSessions }: ConfirmDto,
    @CurrentUser() user: UserIdentity | undefined,
    @Req() request: FrameworkRequest,
    @CurrentRequest() facts: RequestFacts,
    @Res({ passthrough: true }) response: CookieResponse,
  ): Promise<{ readonly recovery_codes?: readonly string[] } & Partial<TokenAnswer>> {
    if (ticket !== undefined) this.cookie.demandOwnPage(request);
    const enroller = await this.#enrollerOf(user, ticket, request, facts);
    const from = whereFrom(facts);
    const { recoveryCodes, tokens } = found(await this.enrolments.confirmTotp(enroller, id, code, from));
    const current = tokens?.sessionId ?? enroller.id;
    if (endOtherSessions === true)
      await this.factors.endOtherSessions(enroller, current, { ...from, actor: enroller.subject });
    return {
      ...(recoveryCodes && { recovery_codes: recoveryCodes }),
      ...(tokens && this.answers.tokens(tokens, response)),
    };
  }

  /** Removes one of the caller's factors, and the recovery codes with the last one. */
  @RequireUser()
  @Delete(':id')
  @HttpCode(204)
  async remove(
    @Param('id') id: string,
    @Query() { endOtherSessions }: RemoveDto,
    @CurrentUser() user: UserIdentity,
    @CurrentActor() who: Actor,
  ): Promise<void> {
    await this.factors.demandFreshLogin(user);
    found(await this.factors.remove(user, id, who));
    if (endOtherSessions === 'true')
      await this.factors.endOtherSessions(user, currentSessionOf(user)?.id, who);
  }

  async #enrollerOf(
    user: UserIdentity | undefined,
    ticket: string | undefined,
    request: FrameworkRequest,
    { address }: RequestFacts,
  ): Promise<Enroller> {
    // With an access token that is bound a proof comes for the token.
    const binding = ticket === undefined ? undefined : await this.clientLogins.bindingOf(request);
    return this.enrolments.enrollerOf(user, ticket, { clientId: this.client.clientId, address, binding });
  }
}
