import {
  PortcullisMfaModule,
  PortcullisSessionsModule,
  type PortcullisSessionsOptions,
} from '@portcullis/auth';
import { PortcullisPasskeysModule, type PortcullisPasskeysOptions } from '@portcullis/passkeys';
import { noStrikes, ownTokens } from '../support/credentials.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import type { AppParts } from '../support/running-app.js';
import { QUICK_HASHER, Users, UsersModule } from '../support/users.js';

export const ORIGIN = 'https://parcels.example';

interface PasskeyAppParts {
  readonly passkeys?: Partial<PortcullisPasskeysOptions>;
  readonly sessions?: Partial<PortcullisSessionsOptions>;
  readonly portcullis?: AppParts['portcullis'];
}

/** An app with logins by password and by passkey. */
export function passkeyApp({ passkeys, sessions, portcullis }: PasskeyAppParts = {}): AppParts {
  const logins = PortcullisSessionsModule.register({
    users: Users,
    imports: [UsersModule],
    clientId: 'web',
    ...sessions,
  });
  return {
    portcullis: {
      tokens: ownTokens,
      bans: noStrikes,
      passwords: { hasher: QUICK_HASHER },
      ...portcullis,
    },
    imports: [
      UsersModule,
      logins,
      PortcullisMfaModule.register({ sessions: logins }),
      PortcullisPasskeysModule.register({
        sessions: logins,
        rpId: 'parcels.example',
        rpName: 'Parcels',
        origins: [ORIGIN],
        ...passkeys,
      }),
    ],
    controllers: [PlainRoutesController],
  };
}
