import type { PortcullisExtension } from '../extension.js';
import { Logins } from './logins.js';
import { RefreshCookieNames } from './refresh-cookie-names.js';
import { RefreshTokenBearerFormat } from './refresh-token-bearer-format.js';
import { RefreshTokenCodec } from './refresh-token-codec.js';
import { SESSION_OPTIONS } from './session.options.js';
import { SESSION_STORE } from './session.store.js';
import { SessionEnding } from './session-ending.js';
import { SESSION_EVENTS } from './session-events.js';
import { SessionRaising } from './session-raising.js';
import { SessionRefreshing } from './session-refreshing.js';
import { SESSION_REFUSALS } from './session-refusals.js';
import { SessionService } from './session-service.js';
import { SessionSettling } from './session-settling.js';
import { SessionStarting } from './session-starting.js';
import { SessionTokenIssuer } from './session-tokens.js';
import { SessionUsers } from './session-users.js';
import { KnownUsers } from './user-directory.js';
import { WaysIn } from './ways-in.js';

export const SESSIONS: PortcullisExtension = {
  name: 'sessions',
  options: [SESSION_OPTIONS],
  stores: [SESSION_STORE],
  refusals: SESSION_REFUSALS,
  events: SESSION_EVENTS,
  bearerFormats: { 'refresh-token': RefreshTokenBearerFormat },
  providers: [
    Logins,
    SessionService,
    SessionStarting,
    SessionRefreshing,
    SessionRaising,
    SessionUsers,
    SessionEnding,
    SessionSettling,
    SessionTokenIssuer,
    RefreshTokenCodec,
    KnownUsers,
    RefreshCookieNames,
    WaysIn,
  ],
};
