import { Body, Header, HttpCode, Param, Post } from '@nestjs/common';
import {
  type Actor,
  CurrentUser,
  Public,
  type RequestFacts,
  RequireUser,
  SessionService,
  type UserIdentity,
} from '@portcullis/auth';
import {
  CurrentActor,
  CurrentRequest,
  currentSessionOf,
  demandAccessToken,
  OwnValidation,
  whereFrom,
} from '@portcullis/auth/internal';
import { LogoutDto } from './login.dto.js';
import { LogoutTokens } from './logout-tokens.js';
import { ownPath } from './own-path.js';
import { SingleSignOn } from './single-sign-on.js';
import { Upstreams } from './upstreams.js';

/** Logging out where somebody has logged in elsewhere: by the other issuer here, and from here there. */
@OwnValidation()
export class LogoutController {
  constructor(
    private readonly signOn: SingleSignOn,
    private readonly upstreams: Upstreams,
    private readonly tokens: LogoutTokens,
    private readonly sessions: SessionService,
  ) {}

  /** The other issuer says that somebody has logged out there: what they have begun here by it ends, on every instance. */
  @Public()
  @Post(':provider/backchannel-logout')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async fromUpstream(
    @Param('provider') provider: string,
    @Body() body: { readonly logout_token?: unknown } | undefined,
    @CurrentRequest() from: RequestFacts,
  ): Promise<void> {
    const upstream = await this.tokens.read(body?.logout_token, this.signOn.upstream(provider));
    await this.sessions.endUpstream(upstream, { reason: `logged out at ${provider}`, ...whereFrom(from) });
  }

  /**
   * Ends the caller's session, and says where the browser logs out at the other issuer as well (OpenID Connect RP-Initiated Logout); null
   * where the session was not begun there, or it has no such place.
   */
  @RequireUser()
  @Post(':provider/logout')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async atUpstream(
    @Param('provider') provider: string,
    @Body() body: LogoutDto,
    @CurrentUser() user: UserIdentity,
    @CurrentActor() who: Actor,
  ): Promise<{ readonly url: string | null }> {
    demandAccessToken(user);
    const { openId } = this.signOn.upstream(provider);
    // Without a body there is none, whatever its type says.
    const returnTo = this.upstreams.publicUrlOf(ownPath(body?.return_to ?? '/'));
    const current = currentSessionOf(user);
    const session = current && (await this.sessions.find(current.id));
    const isTheirs =
      session?.upstream?.iss === undefined ? false : await openId?.issues(session.upstream.iss);
    const url = isTheirs === true ? await openId?.logoutUrl(returnTo) : undefined;
    if (current !== undefined) await this.sessions.logOut(current, { reason: 'logged out', ...who });
    return { url: url ?? null };
  }
}
