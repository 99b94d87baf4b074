import { type DynamicModule, Inject } from '@nestjs/common';
import { PortcullisConfigurationError, PortcullisSessionsModule } from '@portcullis/auth';
import {
  aPath,
  checkedByModule,
  demandOptions,
  FurtherDocuments,
  mountAt,
  type OptionChecks,
  optional,
  RouteModule,
  registered,
  registeredBy,
} from '@portcullis/auth/internal';
import { PasskeyChallenges } from './passkey-challenges.js';
import { PasskeyFactor } from './passkey-factor.js';
import { PasskeyLoginController } from './passkey-login.controller.js';
import { PasskeyProofs } from './passkey-proofs.js';
import { PasskeyRegistrations } from './passkey-registrations.js';
import { PASSKEY_SETTINGS, type PasskeySettings, problemsOf } from './passkey-settings.js';
import { PasskeysController } from './passkeys.controller.js';

type Optional = 'relatedOrigins' | 'userVerification' | 'maxPerUser';

export interface PortcullisPasskeysOptions
  extends Omit<PasskeySettings, Optional>,
    Partial<Pick<PasskeySettings, Optional>> {
  /** What `PortcullisSessionsModule.register()` has returned: the front end that people log in with. Import it once more beside this. */
  readonly sessions: DynamicModule;
  /** The path in front of `passkeys` and `passkey-login`. By default `auth`. */
  readonly path?: string;
}

/** Passkeys: a login by themselves, a second factor, and the routes to add one. Import it where they are wanted. */
@RouteModule()
export class PortcullisPasskeysModule {
  constructor(documents: FurtherDocuments, @Inject(PASSKEY_SETTINGS) { relatedOrigins }: PasskeySettings) {
    if (relatedOrigins.length > 0) documents.publish('webauthn', { origins: relatedOrigins });
  }

  /**
   * @param options `userVerification` is `required`, `maxPerUser` 10 and `relatedOrigins` empty by default
   * @throws PortcullisConfigurationError naming what is wrong
   */
  static register(given: PortcullisPasskeysOptions): DynamicModule {
    demandOptions<PortcullisPasskeysOptions>(PortcullisPasskeysModule.name, given, OPTIONS);
    const {
      sessions,
      path = 'auth',
      relatedOrigins = [],
      userVerification = 'required',
      maxPerUser = 10,
      ...rest
    } = given;
    const settings = { ...rest, relatedOrigins, userVerification, maxPerUser };
    const problems = problemsOf(settings);
    if (problems.length > 0) throw new PortcullisConfigurationError(problems);
    return registered({
      module: PortcullisPasskeysModule,
      imports: [sessions],
      controllers: [
        mountAt(`${path}/passkeys`, PasskeysController),
        mountAt(`${path}/passkey-login`, PasskeyLoginController),
      ],
      providers: [
        { provide: PASSKEY_SETTINGS, useValue: settings },
        PasskeyChallenges,
        PasskeyProofs,
        PasskeyRegistrations,
        PasskeyFactor,
      ],
    });
  }
}

const OPTIONS: OptionChecks<PortcullisPasskeysOptions> = {
  sessions: registeredBy(PortcullisSessionsModule.name),
  path: optional(aPath),
  rpId: checkedByModule,
  rpName: checkedByModule,
  origins: checkedByModule,
  relatedOrigins: checkedByModule,
  userVerification: checkedByModule,
  maxPerUser: checkedByModule,
};
