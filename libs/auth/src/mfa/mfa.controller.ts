import { Body, Header, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { Public, RequireUser } from '../access/access.decorator.js';
import { Strikes } from '../bans/ban.decorator.js';
import type { RequestFacts } from '../events/security-event.js';
import type { UserIdentity } from '../identity/identity.js';
import { CurrentRequest, CurrentUser } from '../request/current-identity.decorator.js';
import type { FrameworkRequest } from '../request/request-head.js';
import { OwnValidation } from '../routes/own-validation.js';
import { ClientLogins } from '../sessions/client-logins.js';
import type { CookieResponse } from '../sessions/cookies.js';
import { LoginAnswers, type TicketAnswer, type TokenAnswer } from '../sessions/login-answers.js';
import type { LoginFactor } from '../sessions/login-gate.js';
import { RefreshCookie } from '../sessions/refresh-cookie.js';
import { SESSION_CLIENT, type SessionClient } from '../sessions/session-client.js';
import { whereFrom } from '../sessions/where-from.js';
import type { FactorOwner } from './factor.store.js';
import { LoginTickets } from './login-tickets.js';
import { MfaDto, StepUpDto } from './mfa.dto.js';
import { RECOVERY_KIND } from './recovery-code-format.js';
import { RecoveryCodes } from './recovery-codes.js';
import { StepUps } from './step-ups.js';
import { TicketLogins } from './ticket-logins.js';

/** What comes with the tokens of a login by a recovery code. */
interface RecoveryNotice {
  /** The user has lost their other factors: ask them to enrol again. */
  readonly enrol_again?: true;
  readonly recovery_codes_left?: number;
}

/** Proving another factor: to complete a login, or once more in a session. */
@Strikes({ event: 'mfa_failed' })
@OwnValidation()
export class MfaController {
  constructor(
    @Inject(SESSION_CLIENT) private readonly client: SessionClient,
    private readonly tickets: LoginTickets,
    private readonly logins: TicketLogins,
    private readonly stepUps: StepUps,
    private readonly recovery: RecoveryCodes,
    private readonly cookie: RefreshCookie,
    private readonly answers: LoginAnswers,
    private readonly clientLogins: ClientLogins,
  ) {}

  /** Completes the login that a ticket stands for. Without an answer it says what may be proven, with new prompts. */
  @Public()
  @Post('mfa')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async complete(
    @Body() { ticket: text, factor, code, passkey }: MfaDto,
    @Req() request: FrameworkRequest,
    @CurrentRequest() facts: RequestFacts,
    @Res({ passthrough: true }) response: CookieResponse,
  ): Promise<TicketAnswer | (TokenAnswer & RecoveryNotice)> {
    this.cookie.demandOwnPage(request);
    const from = whereFrom(facts);
    const binding = await this.clientLogins.bindingOf(request);
    const bearer = { clientId: this.client.clientId, address: facts.address, binding };
    const ticket = await this.tickets.find(text, 'prove', bearer);
    const answer = code ?? passkey;
    if (factor === undefined || answer === undefined) {
      const factors = await this.logins.promptsOf(ticket);
      return { next: 'mfa', ticket: text, factors, expires_in: this.tickets.secondsLeftOf(ticket) };
    }
    const { tokens, proven } = await this.logins.complete(ticket, { which: factor, answer, from });
    const notice = proven.kind === RECOVERY_KIND ? await this.#noticeFor(ticket) : {};
    return { ...this.answers.tokens(tokens, response), ...notice };
  }

  /**
   * Proves a factor once more, and gives a new access token of the same session. Without an answer it says what may be proven, with
   * new prompts.
   */
  @RequireUser()
  @Post('step-up')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async stepUp(
    @Body() { factor, code, passkey }: StepUpDto,
    @CurrentUser() user: UserIdentity,
    @CurrentRequest() facts: RequestFacts,
  ): Promise<
    | { readonly next: 'mfa'; readonly factors: readonly LoginFactor[] }
    | (Omit<TokenAnswer, 'refresh_token'> & RecoveryNotice)
  > {
    const answer = code ?? passkey;
    if (factor === undefined || answer === undefined)
      return { next: 'mfa', factors: await this.stepUps.promptsFor(user) };
    const { accessTokenSeconds } = this.client;
    const attempt = { which: factor, answer, from: whereFrom(facts) };
    const { tokens, proven } = await this.stepUps.prove(user, attempt, accessTokenSeconds);
    return {
      access_token: tokens.accessToken,
      token_type: tokens.tokenType,
      expires_in: tokens.expiresInSeconds,
      session_id: tokens.sessionId,
      ...(proven.kind === RECOVERY_KIND && (await this.#noticeFor(user))),
    };
  }

  async #noticeFor(owner: FactorOwner): Promise<RecoveryNotice> {
    return { enrol_again: true, recovery_codes_left: await this.recovery.countOf(owner) };
  }
}
