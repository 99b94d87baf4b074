import { Body, Controller, Header, HttpCode, Post, UnauthorizedException } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Public, Strikes, TokenIssuer } from '@portcullis/auth';
import { UsersService } from '../users/users.service.js';
import { LoginDto, TokenDto } from './login.dto.js';

/** `client_id` of the tokens: the front end that people log in with. */
const CLIENT_ID = 'parcels-web';

@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly users: UsersService,
    private readonly tokens: TokenIssuer,
  ) {}

  /** Ten wrong logins within ten minutes ban the address: a default rule counts what goes by this name. */
  @Strikes({ event: 'login_failed' })
  @Public()
  @Post('login')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOkResponse({ type: TokenDto })
  async login(@Body() { username, password }: LoginDto): Promise<TokenDto> {
    const user = await this.users.authenticate(username, password);
    if (user === undefined) throw new UnauthorizedException('Wrong username or password');

    const { accessToken, expiresInSeconds } = await this.tokens.issue({
      subject: user.username,
      clientId: CLIENT_ID,
      scopes: user.scopes,
    });
    return { access_token: accessToken, token_type: 'Bearer', expires_in: expiresInSeconds };
  }
}
