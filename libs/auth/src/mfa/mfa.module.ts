import { type DynamicModule, Inject } from '@nestjs/common';
import { Log } from '../log.js';
import { aPath, demandOptions, optional, registeredBy } from '../routes/module-options.js';
import { mountAt } from '../routes/mount-at.js';
import { RouteModule, registered } from '../routes/route-module.js';
import { PortcullisSessionsModule } from '../sessions/sessions.module.js';
import { FactorsController } from './factors.controller.js';
import { MfaController } from './mfa.controller.js';
import { MFA_SETTINGS, type MfaSettings } from './mfa-settings.js';
import { RecoveryCodesController } from './recovery-codes.controller.js';

export interface PortcullisMfaOptions {
  /** The front end whose logins are completed: what `PortcullisSessionsModule.register()` returns, which is imported with this. */
  readonly sessions: DynamicModule;
  /** The path in front of `mfa`, `step-up`, `factors` and `recovery-codes`. By default `auth`. */
  readonly path?: string;
}

/** Routes by which people prove a second factor, and see and change their factors. Import it where they are wanted. */
@RouteModule()
export class PortcullisMfaModule {
  constructor(@Inject(MFA_SETTINGS) { tokens }: MfaSettings) {
    const { keyEncryptionKeys, signingKey } = tokens?.issuer ?? {};
    if (signingKey !== undefined && keyEncryptionKeys === undefined)
      new Log().warn('Second factors end with this process: set tokens.issuer.keyEncryptionKeys');
  }

  /** @throws PortcullisConfigurationError naming what is wrong */
  static register(given: PortcullisMfaOptions): DynamicModule {
    demandOptions<PortcullisMfaOptions>(PortcullisMfaModule.name, given, {
      sessions: registeredBy(PortcullisSessionsModule.name),
      path: optional(aPath),
    });
    const { sessions, path = 'auth' } = given;
    return registered({
      module: PortcullisMfaModule,
      imports: [sessions],
      controllers: [
        mountAt(path, MfaController),
        mountAt(`${path}/factors`, FactorsController),
        mountAt(`${path}/recovery-codes`, RecoveryCodesController),
      ],
      exports: [sessions],
    });
  }
}
