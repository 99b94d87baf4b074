import { Body, Controller, Header, HttpCode, Post, Req, UnauthorizedException } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Bindings, type FrameworkRequest, Public, Strikes, TokenIssuer } from '@portcullis/auth';
import { AccountsService } from './accounts.service.js';
import { LoginDto, TokenDto } from './login.dto.js';

/** `client_id` of the tokens: the front end that people log in with. */
const CLIENT_ID = 'parcels-web';

@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly accounts: AccountsService,
    private readonly tokens: TokenIssuer,
    private readonly bindings: Bindings,
  ) {}

  /**
   * Ten wrong logins within ten minutes ban the address: a default rule counts what goes by this name. Attempts at one account from
   * many addresses are slowed down.
   */
  @Strikes({ event: 'login_failed', account: 'username' })
  @Public()
  @Post('login')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOkResponse({ type: TokenDto })
  async login(@Body() { username, password }: LoginDto, @Req() request: FrameworkRequest): Promise<TokenDto> {
    const user = await this.accounts.authenticate(username, password, request);
    if (user === undefined) throw new UnauthorizedException('Wrong username or password');

    // A client that proves to have a key gets a token that works with that key only.
    const confirmation = await this.bindings.ofProof(request);
    const { accessToken, expiresInSeconds } = await this.tokens.issue({
      subject: user.username,
      clientId: CLIENT_ID,
      scopes: user.scopes,
      ...(confirmation && { confirmation }),
    });
    const token_type = confirmation === undefined ? 'Bearer' : 'DPoP';
    return { access_token: accessToken, token_type, expires_in: expiresInSeconds };
  }
}
