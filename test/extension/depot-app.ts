import { createHmac } from 'node:crypto';
import { Controller, Get, type INestApplication, Injectable, Module, type Type } from '@nestjs/common';
import {
  type AppIdentity,
  CurrentApp,
  PortcullisModule,
  type PortcullisOptions,
  RequireApp,
} from '@portcullis/auth';
import { noStrikes, ownTokens } from '../support/credentials.js';
import { type BootOptions, boot, type Platform } from '../support/platforms.js';
import { DEPOT } from './depot/depot-extension.js';
import type { Job } from './depot/jobs-context.js';
import { RequireDepot } from './depot/require-depot.decorator.js';

export const SECRET = 's'.repeat(32);

@RequireDepot('bern')
@Controller()
export class DepotController {
  @RequireApp('parcels:scan')
  @Get('bern')
  bern(@CurrentApp() app: AppIdentity) {
    return app.appId;
  }

  @RequireDepot('basel')
  @Get('basel')
  basel() {
    return 'in';
  }
}

@Controller()
export class CarrierController {
  @RequireApp('parcels:announce')
  @Get('announcements')
  announce(@CurrentApp() app: AppIdentity) {
    return app.appId;
  }

  @RequireApp('parcels:scan')
  @Get('scans')
  scan() {
    return 'in';
  }
}

/** Does jobs; it is no controller, and is guarded all the same. */
@Injectable()
export class ParcelJobs {
  readonly done: Job[] = [];

  @RequireApp('parcels:scan')
  @RequireDepot('bern')
  count(job: Job) {
    this.done.push(job);
    return 7;
  }
}

@Module({ providers: [ParcelJobs], exports: [ParcelJobs] })
class JobsModule {}

/** A running app with the depot's extension. Close it when the test is over. */
export async function bootDepot(
  platform: Platform,
  options: PortcullisOptions = {},
  bootOptions: BootOptions = {},
  controllers: Type[] = [DepotController, CarrierController],
): Promise<{ app: INestApplication; url: string }> {
  const portcullis = PortcullisModule.forRoot({
    extensions: [DEPOT],
    tokens: ownTokens,
    bans: noStrikes,
    depot: { carriers: [{ name: 'swift', secret: SECRET }] },
    ...options,
  });
  return boot(platform, { imports: [portcullis, JobsModule], controllers }, bootOptions);
}

/** The header of a call that a carrier has signed. */
export function signed(path: string, secret = SECRET, carrier = 'swift'): Record<string, string> {
  const signature = createHmac('sha256', secret).update(`GET ${path}`).digest('base64url');
  return { 'x-carrier-signature': `${carrier}:${signature}` };
}
