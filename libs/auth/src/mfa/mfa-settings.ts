import type { Clock } from '../options/clock.js';
import type { TrustedLoginOptions } from '../tokens/trusted-login.options.js';
import type { FactorStore } from './factor.store.js';
import type { LoginTicketStore } from './login-ticket.store.js';
import type { MfaOptions } from './mfa.options.js';

/** Injects the {@link MfaSettings}. */
export const MFA_SETTINGS = Symbol('portcullis.mfa');

/** What of the options this room reads. */
export interface MfaSettings {
  readonly mfa: MfaOptions;
  /** Login tickets begin like API keys do. */
  readonly apiKeys: { readonly prefix: string };
  readonly tokens?: {
    readonly trustedLogins: readonly TrustedLoginOptions[];
    readonly issuer?: {
      readonly url: string;
      readonly keyEncryptionKeys?: readonly string[];
      readonly signingKey?: object;
    };
  };
  readonly stores: { readonly factors: FactorStore; readonly loginTickets: LoginTicketStore };
  readonly now: Clock;
}
