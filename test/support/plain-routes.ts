import { Controller, Get } from '@nestjs/common';
import { Honeypot, Public, RequireApp, RequireUser } from '@portcullis/auth';

/** One route of each kind, for tests of what comes before any route. */
@Controller()
export class PlainRoutesController {
  @Public()
  @Get('public')
  public() {
    return 'in';
  }

  @RequireUser()
  @Get('user')
  user() {
    return 'in';
  }

  @RequireApp()
  @Get('app')
  app() {
    return 'in';
  }

  @Honeypot()
  @Get('decoy')
  decoy() {
    return 'in';
  }
}
