import { Body, Controller, Get, Post } from '@nestjs/common';
import {
  type AppIdentity,
  CurrentApp,
  CurrentUser,
  Public,
  RequireApp,
  RequireUser,
  type UserIdentity,
} from '@portcullis/auth';

/** What tokens of the server open. */
@Controller()
export class ParcelsController {
  @RequireUser('parcels:read')
  @Get('me')
  me(@CurrentUser() { subject, scopes, claims }: UserIdentity) {
    return { subject, scopes, claims };
  }

  @RequireApp('parcels:read')
  @Get('app')
  app(@CurrentApp() { appId, scopes }: AppIdentity) {
    return { appId, scopes };
  }

  @Public()
  @Post('echo')
  echo(@Body() body: unknown) {
    return body;
  }
}
