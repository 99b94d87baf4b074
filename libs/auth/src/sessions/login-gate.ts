import type { FrameworkRequest } from '../request/request-head.js';
import type { LoginRoad } from './login-roads.js';
import type { NewSession } from './session-starting.js';
import type { SessionTokens } from './session-tokens.js';

/** Injects the {@link LoginGate}. */
export const LOGIN_GATE = Symbol('portcullis.login-gate');

/** A login, and by what road somebody has come. */
export interface NewLogin extends NewSession {
  readonly road: LoginRoad;
  /** Whether two factors are proven already, as by a passkey whose device has asked for a PIN or a fingerprint. By default not. */
  readonly isMultiFactor?: boolean;
  /** How another issuer says that the user has logged in there. It counts where `tokens.trustedLogins` names the issuer of `upstream`. */
  readonly upstreamProof?: { readonly acr?: string; readonly amr?: readonly string[] };
  /** The request that brought it, for `mfa.required`. */
  readonly request?: FrameworkRequest;
}

/** A factor that a login may be completed by. */
export interface LoginFactor {
  readonly id: string;
  readonly kind: string;
  /** What its user calls it. */
  readonly name: string | null;
  /** What a client needs to know before it can answer, by kind; those of one kind have the same. */
  readonly prompt?: Readonly<Record<string, unknown>>;
}

/** A login that waits: `mfa` for another factor, `enrol` for its user to get one. */
export interface HeldLogin {
  readonly next: 'mfa' | 'enrol';
  /** What the client comes back with. It opens nothing else. */
  readonly ticket: string;
  /** What may be proven; none where one has to be enrolled. */
  readonly factors: readonly LoginFactor[];
  readonly expiresInSeconds: number;
}

/** A login that is complete. */
export interface CompleteLogin {
  readonly next: 'tokens';
  readonly tokens: SessionTokens;
}

export type LoginResult = CompleteLogin | HeldLogin;

/** What a login comes to. */
export interface LoginDecision {
  readonly next: LoginResult['next'];
  /** Whether two factors are proven. */
  readonly isMultiFactor: boolean;
}

/** What decides whether a login is complete. */
export interface LoginGate {
  /** @throws PortcullisError `temporarily_unavailable` where it can't be said now: nobody gets in then */
  decide(login: Omit<NewLogin, 'road'>): Promise<LoginDecision>;
  /** Lets an incomplete login wait. */
  hold(login: NewLogin, next: HeldLogin['next']): Promise<HeldLogin>;
}
