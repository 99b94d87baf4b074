// What of this room the package gives away.
export type {
  LoginProof,
  SessionBinding,
  SessionQuery,
  SessionRecord,
  SessionSelection,
  SessionStore,
  SessionUse,
  UpstreamLogin,
} from './session.store.js';
