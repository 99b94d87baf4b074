import { generateKeyPairSync } from 'node:crypto';
import { Controller, Get } from '@nestjs/common';
import { RequireApp, RequireUser } from '@portcullis/auth';

/** One route for users, and one for apps. */
@Controller()
export class RoutesController {
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
}

/** A key that several instances may share by their configuration. */
export const signingKey = {
  ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }),
  alg: 'EdDSA' as const,
};
