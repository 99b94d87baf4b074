// What of this room the package gives away.

export { ClientLogins, type ProvenLogin } from './client-logins.js';
export type { CookieResponse } from './cookies.js';
export type { TokenSession } from './current-session.js';
export { LoginAnswers, type TicketAnswer, type TokenAnswer } from './login-answers.js';
export type { CompleteLogin, HeldLogin, LoginFactor, LoginResult, NewLogin } from './login-gate.js';
export { MULTI_FACTOR_ACR } from './login-level.js';
export { LOGIN_ROADS, type LoginRoad } from './login-roads.js';
export { Logins } from './logins.js';
export { RefreshCookie } from './refresh-cookie.js';
export {
  type CountedRefresh,
  type EndedSessions,
  endedSessions,
  type LoginProof,
  type SessionBinding,
  type SessionOwner,
  type SessionQuery,
  type SessionRecord,
  type SessionSelection,
  type SessionStore,
  type SessionUse,
  type UpstreamLogin,
  type UpstreamSelection,
} from './session.store.js';
export { SESSION_CLIENT, type SessionClient } from './session-client.js';
export type { SessionFacts } from './session-events.js';
export type { FurtherProof, RaiseDetails, RaisedTokens } from './session-raising.js';
export type { RefreshDetails } from './session-refreshing.js';
export type {} from './session-refusals.js';
export { type SessionEndSelection, type SessionPage, SessionService } from './session-service.js';
export type { SessionEndDetails } from './session-settling.js';
export type { NewSession } from './session-starting.js';
export type { SessionTokens } from './session-tokens.js';
export type { Session } from './session-view.js';
export { PortcullisSessionsModule, type PortcullisSessionsOptions } from './sessions.module.js';
export type { DirectoryUser, UpstreamProfile, UserDirectory } from './user-directory.js';
