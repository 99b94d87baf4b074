import { Body, Header, HttpCode, Inject, Post, Req, Res, UnauthorizedException } from '@nestjs/common';
import { Public } from '../access/access.decorator.js';
import { Strikes } from '../bans/ban.decorator.js';
import { BEARER_KIND } from '../credentials/bearer-scheme.js';
import { CREDENTIALS_REQUIRED, PortcullisError } from '../errors.js';
import type { RequestFacts } from '../events/security-event.js';
import type { UserIdentity } from '../identity/identity.js';
import { CurrentRequest, CurrentUser } from '../request/current-identity.decorator.js';
import type { FrameworkRequest } from '../request/request-head.js';
import { OwnValidation } from '../routes/own-validation.js';
import { ClientLogins } from './client-logins.js';
import type { CookieResponse } from './cookies.js';
import { currentSessionOf } from './current-session.js';
import { LoginAnswers, type TicketAnswer, type TokenAnswer } from './login-answers.js';
import { RefreshCookie } from './refresh-cookie.js';
import { LoginDto, LogoutDto, RefreshDto } from './session.dto.js';
import { SESSION_CLIENT, type SessionClient } from './session-client.js';
import { INVALID_REFRESH_TOKEN } from './session-refusals.js';
import { SessionService } from './session-service.js';
import { available } from './unavailable.js';
import { KnownUsers } from './user-directory.js';
import { whereFrom } from './where-from.js';

/** Logging in, staying logged in, and logging out. */
@Public()
@OwnValidation()
export class LoginController {
  constructor(
    @Inject(SESSION_CLIENT) private readonly client: SessionClient,
    private readonly logins: ClientLogins,
    private readonly sessions: SessionService,
    private readonly users: KnownUsers,
    private readonly cookie: RefreshCookie,
    private readonly answers: LoginAnswers,
  ) {}

  /**
   * Begins a session, always a new one, or gives a ticket to whoever has to prove another factor first. One text and the same work for a
   * wrong name and for a wrong password. With a DPoP proof all tokens of the session are bound to its key (RFC 9449 section 5).
   */
  @Strikes({ event: 'login_failed', subject: 'username' })
  @Post('login')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async login(
    @Body() { username, password, device }: LoginDto,
    @Req() request: FrameworkRequest,
    @CurrentRequest() from: RequestFacts,
    @Res({ passthrough: true }) response: CookieResponse,
  ): Promise<TokenAnswer | TicketAnswer> {
    this.cookie.demandOwnPage(request);
    const begunAt = performance.now();
    const verifying = this.users.directory.verifyPassword(username, password, request);
    const user = await available(verifying, 'the password can not be verified');
    if (user === undefined || user.isDisabled === true)
      throw new UnauthorizedException('Wrong username or password');
    const login = { road: 'password', user, device, amr: ['pwd'], begunAt } as const;
    const result = await this.logins.complete(login, request, from);
    return this.answers.answer(result, response);
  }

  /** The next tokens of the session whose refresh token is sent. */
  @Post('refresh')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async refresh(
    @Body() body: RefreshDto,
    @Req() request: FrameworkRequest,
    @CurrentRequest() from: RequestFacts,
    @Res({ passthrough: true }) response: CookieResponse,
  ): Promise<TokenAnswer> {
    const refreshToken = this.#refreshTokenIn(body, request);
    if (refreshToken === undefined) throw new PortcullisError(INVALID_REFRESH_TOKEN, 'none was sent');
    const { clientId, accessTokenSeconds, idleSeconds } = this.client;
    const binding = await this.logins.bindingOf(request);
    const tokens = await this.sessions.refresh(refreshToken, {
      clientId,
      ...(binding && { binding }),
      ...whereFrom(from),
      ...(accessTokenSeconds !== undefined && { accessTokenSeconds }),
      ...(idleSeconds !== undefined && { idleSeconds }),
    });
    return this.answers.tokens(tokens, response);
  }

  /** Ends the session whose access token, or whose refresh token, is sent; with `everywhere` all of its user. */
  @Public({ identify: true })
  @Post('logout')
  @HttpCode(204)
  @Header('Cache-Control', 'no-store')
  async logout(
    @Body() body: LogoutDto,
    @Req() request: FrameworkRequest,
    @CurrentUser() user: UserIdentity | undefined,
    @CurrentRequest() from: RequestFacts,
    @Res({ passthrough: true }) response: CookieResponse,
  ): Promise<void> {
    const current = user && currentSessionOf(user);
    const refreshToken = this.#refreshTokenIn(body, request);
    const ofToken =
      refreshToken === undefined ? undefined : await this.#find(refreshToken, request, current !== undefined);
    const named = [current, ofToken].filter((session) => session !== undefined);
    if (named.length === 0)
      throw new PortcullisError(CREDENTIALS_REQUIRED, 'no session is named', { challenge: [BEARER_KIND] });
    for (const session of named) {
      const { issuer, subject } = session;
      const who = { actor: subject, ...whereFrom(from) };
      // Without a body there is none, whatever its type says.
      if (body?.everywhere === true)
        await this.sessions.endAllOf(subject, { ...who, issuer, reason: 'logged out everywhere' });
      await this.sessions.logOut(session, { ...who, reason: 'logged out' });
    }
    this.cookie.clear(response);
  }

  /** In one place only, so that whoever looks after the other one is not surprised. */
  #refreshTokenIn(body: RefreshDto | undefined, request: FrameworkRequest): string | undefined {
    return this.cookie.isUsed ? this.cookie.readFrom(request) : body?.refresh_token;
  }

  /** @param isOptional whether the session is named by something else already, whose proof then counts for that */
  async #find(refreshToken: string, request: FrameworkRequest, isOptional: boolean) {
    try {
      const binding = isOptional ? undefined : await this.logins.bindingOf(request);
      const { clientId } = this.client;
      return await this.sessions.sessionOf(refreshToken, { clientId, ...(binding && { binding }) });
    } catch (error) {
      const isRefused = error instanceof PortcullisError && error.code === INVALID_REFRESH_TOKEN.code;
      if (isOptional && isRefused) return undefined;
      throw error;
    }
  }
}
