import { Body, Controller, Get, Post } from '@nestjs/common';
import { BanExempt, PortcullisModule, Public, RateLimit, RequireUser, Strikes } from '@portcullis/auth';
import { IsString } from 'class-validator';
import { ownTokens } from '../support/credentials.js';
import { LineKeeper } from '../support/line-keeper.js';
import { boot } from '../support/platforms.js';

class LoginDto {
  @IsString()
  username!: string;

  @IsString()
  userPassword!: string;
}

class InheritedDto extends LoginDto {}

class PinDto {
  @IsString()
  cardPin!: string;
}

class SpinnerDto {
  @IsString()
  spinnerOptions!: string;
}

class MailDto {
  @IsString()
  text!: string;
}

@Public()
@Controller()
class OpenController {
  @Post('sign-in')
  byInput(@Body() _: InheritedDto) {}

  @RateLimit({ requests: 10, windowSeconds: 60 })
  @Post('reset-password')
  byPath(@Body() _: MailDto) {}

  @Post('cards')
  byPin(@Body() _: PinDto) {}

  @Post('confirm-otp')
  byOtp(@Body() _: MailDto) {}

  @Post('options/spinner')
  spinner(@Body() _: SpinnerDto) {}

  @Strikes({ event: 'login_failed', subject: 'username' })
  @Post('counted')
  counted(@Body() _: LoginDto) {}

  @BanExempt()
  @Post('passwords/strength')
  exempt(@Body() _: LoginDto) {}

  @Get('passwords')
  read() {}

  @Post('mails')
  other(@Body() _: MailDto, @Body('x') __: string) {}

  @RequireUser()
  @Post('own-password')
  closed(@Body() _: LoginDto) {}
}

it('names at boot the open handlers that seem to take a password and count no failure', async () => {
  const logger = new LineKeeper();
  const imports = [PortcullisModule.forRoot({ tokens: ownTokens })];
  const { app } = await boot('express', { imports, controllers: [OpenController] }, { logger });
  const named = logger.lines.filter((line) => line.includes('seem to take a password'));
  expect(named).toEqual([
    expect.stringContaining(
      'OpenController.byInput, OpenController.byPath, OpenController.byPin, OpenController.byOtp: open to everybody',
    ),
  ]);
  await app.close();
});
