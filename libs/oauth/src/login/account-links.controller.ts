import { Body, Delete, Get, Header, HttpCode, Param, Post, Res } from '@nestjs/common';
import {
  type Actor,
  type CookieResponse,
  CurrentUser,
  FactorService,
  RequireUser,
  TokenIssuer,
  type UserIdentity,
} from '@portcullis/auth';
import {
  CurrentActor,
  currentSessionOf,
  demandAccessToken,
  found,
  OwnValidation,
} from '@portcullis/auth/internal';
import { type AccountLink, AccountLinks } from './account-links.js';
import { LinkDto } from './login.dto.js';
import { linkConflict } from './login-refusals.js';
import { ownPath } from './own-path.js';
import { SingleSignOn } from './single-sign-on.js';

/** What users do with the links of their own account. */
@RequireUser()
@OwnValidation()
export class AccountLinksController {
  constructor(
    private readonly links: AccountLinks,
    private readonly signOn: SingleSignOn,
    private readonly factors: FactorService,
    private readonly issuer: TokenIssuer,
  ) {}

  /** The caller's links, oldest first. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async list(@CurrentUser() user: UserIdentity): Promise<{ readonly links: readonly AccountLink[] }> {
    demandAccessToken(user);
    return { links: await this.links.list(user) };
  }

  /** Begins to link an account elsewhere; the page goes to `url`, and the browser comes back to `return_to`. */
  @Post(':provider')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async link(
    @Param('provider') provider: string,
    @Body() body: LinkDto,
    @CurrentUser() user: UserIdentity,
    @Res({ passthrough: true }) response: CookieResponse,
  ): Promise<{ readonly url: string }> {
    await this.factors.demandFreshLogin(user);
    const { issuer, subject } = user;
    const session = currentSessionOf(user);
    if (session === undefined || issuer !== this.issuer.url)
      throw linkConflict('the token is that of no session of this app');
    const link = { issuer, subject, sessionId: session.id };
    // Without a body there is none, whatever its type says.
    const returnTo = ownPath(body?.return_to ?? '/');
    return { url: await this.signOn.begin(provider, { returnTo, link }, response) };
  }

  /** Removes one of the caller's links, and ends the other sessions that were begun by it. */
  @Delete(':provider')
  @HttpCode(204)
  async unlink(
    @Param('provider') provider: string,
    @CurrentUser() user: UserIdentity,
    @CurrentActor() who: Actor,
  ): Promise<void> {
    await this.factors.demandFreshLogin(user);
    const current = currentSessionOf(user)?.id;
    const except = current !== undefined && { except: current };
    found(await this.links.unlink(user, provider, { ...who, ...except }));
  }
}
