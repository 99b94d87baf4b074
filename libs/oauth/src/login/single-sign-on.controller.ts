import { Body, Get, Header, HttpCode, Inject, Param, Post, Query, Redirect, Req, Res } from '@nestjs/common';
import {
  type CookieResponse,
  type FrameworkRequest,
  PortcullisError,
  Public,
  RateLimit,
  RequestContext,
  type RequestFacts,
  type TicketAnswer,
  type TokenAnswer,
} from '@portcullis/auth';
import { CurrentRequest, noteRefusal, OwnValidation } from '@portcullis/auth/internal';
import { BeginDto } from './login.dto.js';
import { LoginAnswer } from './login-answer.js';
import { LOGIN_SETTINGS, type LoginSettings } from './login-settings.js';
import { ownPath } from './own-path.js';
import { SignOnCompletion } from './sign-on-completion.js';
import { SingleSignOn } from './single-sign-on.js';

/** Where a browser is sent. */
interface Redirection {
  readonly url: string;
  readonly statusCode: 302 | 303;
}

/** For each address: with each answer the other issuer is asked, which anybody can cause who makes one up for a login that they have begun. */
const ANSWERS = { requests: 120, windowSeconds: 60 };

/** Logging in by another issuer. */
@Public()
@OwnValidation()
export class SingleSignOnController {
  constructor(
    @Inject(LOGIN_SETTINGS) private readonly settings: LoginSettings,
    private readonly signOn: SingleSignOn,
    private readonly completion: SignOnCompletion,
    private readonly answer: LoginAnswer,
  ) {}

  /** Sends the browser to the other issuer. */
  @Get(':provider')
  @Redirect()
  @Header('Cache-Control', 'no-store')
  async begin(
    @Param('provider') provider: string,
    @Query() { return_to: returnTo = '/', max_age: maxAge }: BeginDto,
    @Res({ passthrough: true }) response: CookieResponse,
  ): Promise<Redirection> {
    const wish = { returnTo: ownPath(returnTo), ...(maxAge !== undefined && { maxAge: Number(maxAge) }) };
    return { url: await this.signOn.begin(provider, wish, response), statusCode: 302 };
  }

  /** Takes in what the browser comes back with. */
  @RateLimit(ANSWERS)
  @Get(':provider/callback')
  @Redirect()
  @Header('Cache-Control', 'no-store')
  // What the URL has must not be told to where it leads.
  @Header('Referrer-Policy', 'no-referrer')
  callback(
    @Param('provider') provider: string,
    @Req() request: FrameworkRequest,
    @CurrentRequest() from: RequestFacts,
    @Res({ passthrough: true }) response: CookieResponse,
  ): Promise<Redirection> {
    return this.#finish(provider, request, from, response);
  }

  /** The same, for an issuer whose page posts it. */
  @RateLimit(ANSWERS)
  @Post(':provider/callback')
  @Redirect()
  @Header('Cache-Control', 'no-store')
  postedCallback(
    @Param('provider') provider: string,
    @Req() request: FrameworkRequest,
    @CurrentRequest() from: RequestFacts,
    @Res({ passthrough: true }) response: CookieResponse,
  ): Promise<Redirection> {
    return this.#finish(provider, request, from, response);
  }

  /** What a login has come to where that is not all in a cookie: tokens, or a ticket for a second factor. */
  @Post('answer')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  take(
    @Body() _: unknown,
    @Req() request: FrameworkRequest,
    @CurrentRequest() from: RequestFacts,
    @Res({ passthrough: true }) response: CookieResponse,
  ): Promise<(TokenAnswer | TicketAnswer) & { readonly return_to: string }> {
    return this.answer.take(request, from, response);
  }

  async #finish(
    provider: string,
    request: FrameworkRequest,
    from: RequestFacts,
    response: CookieResponse,
  ): Promise<Redirection> {
    try {
      const url = await this.completion.complete(provider, request, from, response);
      return { url, statusCode: 303 };
    } catch (error) {
      if (!(error instanceof PortcullisError)) throw error;
      const { failed } = this.settings.pages;
      if (failed === undefined) throw error;
      // It is refused all the same, for whoever counts; and who was banned meanwhile is told of that alone.
      const context = RequestContext.of(request);
      if (context !== undefined) noteRefusal(error, context);
      const refusal = context?.refusal ?? error;
      if (refusal !== error) throw refusal;
      const query = new URLSearchParams({ error: error.code, provider });
      return { url: `${failed}${failed.includes('?') ? '&' : '?'}${query}`, statusCode: 303 };
    }
  }
}
