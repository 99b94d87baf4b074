import { Body, Header, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import {
  ClientLogins,
  type CookieResponse,
  CurrentUser,
  type Enroller,
  Enrolments,
  FactorService,
  type FrameworkRequest,
  LoginAnswers,
  Public,
  RefreshCookie,
  type RequestFacts,
  SESSION_CLIENT,
  type SessionClient,
  type TokenAnswer,
  type UserIdentity,
} from '@portcullis/auth';
import { CurrentRequest, OwnValidation, whereFrom } from '@portcullis/auth/internal';
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import { NewPasskeyDto, NewPasskeyOptionsDto } from './passkey.dto.js';
import { PasskeyRegistrations } from './passkey-registrations.js';

/** What comes of a registration, with the tokens of a login that has waited for it. */
interface NewPasskeyAnswer extends Partial<TokenAnswer> {
  /** That of the factor, to remove it by. */
  readonly id: string;
  /** The first ones of the user, which are shown here alone. */
  readonly recovery_codes?: readonly string[];
}

/** Adding a passkey to one's own account: by the access token of a fresh login, or by a ticket that is there to get a factor. */
@Public({ identify: true })
@OwnValidation()
export class PasskeysController {
  constructor(
    @Inject(SESSION_CLIENT) private readonly client: SessionClient,
    private readonly registrations: PasskeyRegistrations,
    private readonly enrolments: Enrolments,
    private readonly factors: FactorService,
    private readonly cookie: RefreshCookie,
    private readonly answers: LoginAnswers,
    private readonly clientLogins: ClientLogins,
  ) {}

  /** What the device needs to know before it can make one. */
  @Post('options')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async options(
    @Body() body: NewPasskeyOptionsDto,
    @CurrentUser() user: UserIdentity | undefined,
    @Req() request: FrameworkRequest,
    @CurrentRequest() facts: RequestFacts,
  ): Promise<PublicKeyCredentialCreationOptionsJSON> {
    // Without a body there is none, whatever its type says.
    return this.registrations.options(await this.#enrollerOf(user, body?.ticket, request, facts));
  }

  /** Keeps the passkey that the device has made. */
  @Post()
  @Header('Cache-Control', 'no-store')
  async register(
    @Body() { passkey, ticket, name, endOtherSessions }: NewPasskeyDto,
    @CurrentUser() user: UserIdentity | undefined,
    @Req() request: FrameworkRequest,
    @CurrentRequest() facts: RequestFacts,
    @Res({ passthrough: true }) response: CookieResponse,
  ): Promise<NewPasskeyAnswer> {
    if (ticket !== undefined) this.cookie.demandOwnPage(request);
    const enroller = await this.#enrollerOf(user, ticket, request, facts);
    const from = whereFrom(facts);
    const registered = await this.registrations.register(enroller, passkey, { name: name ?? null, from });
    const { amr, recoveryCodes } = registered;
    const { tokens } = await this.enrolments.finish(
      enroller,
      { amr, ...(recoveryCodes && { recoveryCodes }) },
      from,
    );
    const current = tokens?.sessionId ?? enroller.id;
    if (endOtherSessions === true)
      await this.factors.endOtherSessions(enroller, current, { ...from, actor: enroller.subject });
    return {
      id: registered.id,
      ...(recoveryCodes && { recovery_codes: recoveryCodes }),
      ...(tokens && this.answers.tokens(tokens, response)),
    };
  }

  async #enrollerOf(
    user: UserIdentity | undefined,
    ticket: string | undefined,
    request: FrameworkRequest,
    { address }: RequestFacts,
  ): Promise<Enroller> {
    // With an access token that is bound a proof comes for the token.
    const binding = ticket === undefined ? undefined : await this.clientLogins.bindingOf(request);
    const bearer = { clientId: this.client.clientId, address, binding };
    const enroller = await this.enrolments.enrollerOf(user, ticket, bearer);
    if (user !== undefined) await this.factors.demandFreshLogin(user);
    return enroller;
  }
}
