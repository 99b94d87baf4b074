import { Body, Header, HttpCode, Post, Req, Res } from '@nestjs/common';
import {
  ClientLogins,
  type CookieResponse,
  type FrameworkRequest,
  LoginAnswers,
  Public,
  RefreshCookie,
  type RequestFacts,
  SecurityEvents,
  Strikes,
  type TicketAnswer,
  type TokenAnswer,
  TokenIssuer,
} from '@portcullis/auth';
import {
  available,
  CurrentRequest,
  FACTOR_USED,
  KnownUsers,
  OwnValidation,
  whereFrom,
} from '@portcullis/auth/internal';
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import { PasskeyLoginDto } from './passkey.dto.js';
import type { ChallengePurpose } from './passkey-challenges.js';
import { PasskeyProofs } from './passkey-proofs.js';
import { invalid } from './passkey-refusals.js';

/** Nobody has asked yet who it is: whichever browser brings the answer logs in. */
const LOGIN: ChallengePurpose = { kind: 'login', asker: '' };

/** Logging in with a passkey, without a name and without a password. */
@Public()
@OwnValidation()
export class PasskeyLoginController {
  constructor(
    private readonly proofs: PasskeyProofs,
    private readonly users: KnownUsers,
    private readonly issuer: TokenIssuer,
    private readonly logins: ClientLogins,
    private readonly answers: LoginAnswers,
    private readonly cookie: RefreshCookie,
    private readonly events: SecurityEvents,
  ) {}

  /** The same for everybody: no name is asked for, so that nobody learns who has a passkey, or an account. */
  @Post('options')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  options(): Promise<PublicKeyCredentialRequestOptionsJSON> {
    return this.proofs.options(LOGIN);
  }

  /** Begins a session, always a new one. One text for whatever is wrong. */
  @Strikes({ event: 'login_failed' })
  @Post()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async login(
    @Body() { passkey, device }: PasskeyLoginDto,
    @Req() request: FrameworkRequest,
    @CurrentRequest() from: RequestFacts,
    @Res({ passthrough: true }) response: CookieResponse,
  ): Promise<TokenAnswer | TicketAnswer> {
    this.cookie.demandOwnPage(request);
    const begunAt = performance.now();
    const { factor, amr, isMultiFactor } = await this.proofs.prove(passkey, LOGIN);
    const user = await this.#userOf(factor);
    const who = { ...whereFrom(from), actor: user.subject };
    this.events.emit(FACTOR_USED, {
      factorId: factor.id,
      factor: factor.kind,
      subject: user.subject,
      ...who,
    });
    const login = { road: 'passkey', user, device, amr, isMultiFactor, begunAt } as const;
    const result = await this.logins.complete(login, request, from);
    return this.answers.answer(result, response);
  }

  async #userOf({ issuer, subject }: { readonly issuer: string; readonly subject: string }) {
    const finding = this.users.directory.find(subject);
    const user =
      issuer === this.issuer.url ? await available(finding, 'the user can not be read') : undefined;
    if (user?.subject !== subject || user.isDisabled === true)
      throw invalid(`${subject} is gone, or disabled`);
    return user;
  }
}
