import { randomUUID } from 'node:crypto';
import { Inject, Injectable, NotFoundException } from '@nestjs/common';
import {
  ClientLogins,
  type Confirmation,
  type CookieResponse,
  type FrameworkRequest,
  LoginAnswers,
  type LoginResult,
  RefreshCookie,
  SESSION_CLIENT,
  type SessionClient,
  SessionService,
  type TicketAnswer,
  type TokenAnswer,
  TokenIssuer,
} from '@portcullis/auth';
import {
  BINDING_SETTINGS,
  type BindingSettings,
  LoginTickets,
  TicketLogins,
} from '@portcullis/auth/internal';
import { LOGIN_SETTINGS, type LoginSettings } from './login-settings.js';
import { SealedCookies } from './sealed-cookies.js';

/** What a login has come to that a page has to take up: it belongs into no URL. */
interface KeptAnswer {
  readonly use: 'answer';
  readonly issuer: string;
  readonly id: string;
  readonly endsAt: number;
  readonly returnTo: string;
  /** Of a login that waits for a second factor. */
  readonly ticket?: { readonly text: string; readonly purpose: 'prove' | 'enrol' };
  /** Where this client keeps refresh tokens by itself. */
  readonly refreshToken?: string;
}

const COOKIE = 'login-answer';
const KEPT_SECONDS = 300;

/** Who takes an answer up. */
interface Taker {
  readonly address: string;
  readonly requestId: string;
}

/** Hands out what a login has come to: as a cookie where that is all, or else to the page, once. */
@Injectable()
export class LoginAnswer {
  constructor(
    @Inject(LOGIN_SETTINGS) private readonly settings: LoginSettings,
    @Inject(SESSION_CLIENT) private readonly client: SessionClient,
    @Inject(BINDING_SETTINGS) private readonly time: Pick<BindingSettings, 'now'>,
    private readonly cookies: SealedCookies,
    private readonly cookie: RefreshCookie,
    private readonly answers: LoginAnswers,
    private readonly logins: ClientLogins,
    private readonly sessions: SessionService,
    private readonly tickets: LoginTickets,
    private readonly ticketLogins: TicketLogins,
    private readonly issuer: TokenIssuer,
  ) {}

  /** @returns the path that the browser is sent to */
  async hand(result: LoginResult, returnTo: string, response: CookieResponse): Promise<string> {
    if (result.next === 'tokens' && this.cookie.isUsed) {
      this.answers.answer(result, response);
      return returnTo;
    }
    const kept: KeptAnswer = {
      ...{ use: 'answer', issuer: this.issuer.url, id: randomUUID(), returnTo },
      endsAt: this.time.now() + KEPT_SECONDS * 1000,
      ...(result.next === 'tokens'
        ? { refreshToken: result.tokens.refreshToken }
        : { ticket: { text: result.ticket, purpose: result.next === 'mfa' ? 'prove' : 'enrol' } }),
    };
    await this.cookies.keep(response, COOKIE, kept, 'Strict');
    return (result.next !== 'tokens' && this.settings.pages.secondFactor) || returnTo;
  }

  /**
   * What waits for the page, once.
   *
   * @throws NotFoundException where nothing does
   * @throws PortcullisError `cross_site_request`; `invalid_login_ticket` and others, as the ticket has it
   */
  async take(
    request: FrameworkRequest,
    from: Taker,
    response: CookieResponse,
  ): Promise<(TokenAnswer | TicketAnswer) & { readonly return_to: string }> {
    this.cookie.demandOwnPage(request);
    const kept = await this.cookies.read<KeptAnswer>(request, COOKIE, 'answer');
    this.cookies.clear(response, COOKIE, 'Strict');
    if (kept === undefined || !(await this.cookies.isFirstUse(kept.id, kept.endsAt)))
      throw new NotFoundException();
    const { ticket, refreshToken = '', returnTo } = kept;
    const binding = await this.logins.bindingOf(request);
    const answer =
      ticket === undefined
        ? await this.#tokens(refreshToken, from, response, binding)
        : await this.#ticket(ticket.text, ticket.purpose, from, binding);
    return { ...answer, return_to: returnTo };
  }

  async #tokens(
    refreshToken: string,
    from: Taker,
    response: CookieResponse,
    binding: Confirmation | undefined,
  ): Promise<TokenAnswer> {
    const { clientId, accessTokenSeconds, idleSeconds } = this.client;
    const tokens = await this.sessions.refresh(refreshToken, {
      ...{ clientId, ...from },
      ...(binding && { binding }),
      ...(idleSeconds !== undefined && { idleSeconds }),
      ...(accessTokenSeconds !== undefined && { accessTokenSeconds }),
    });
    return this.answers.tokens(tokens, response);
  }

  async #ticket(
    text: string,
    purpose: 'prove' | 'enrol',
    { address }: Taker,
    binding: Confirmation | undefined,
  ): Promise<TicketAnswer> {
    const { clientId } = this.client;
    const ticket = await this.tickets.find(text, purpose, { clientId, address, binding });
    return {
      next: purpose === 'prove' ? 'mfa' : 'enrol',
      ticket: text,
      factors: purpose === 'prove' ? await this.ticketLogins.promptsOf(ticket) : [],
      expires_in: this.tickets.secondsLeftOf(ticket),
    };
  }
}
