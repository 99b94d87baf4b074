import type { Clock } from '../options/clock.js';
import type { SessionOptions } from './session.options.js';
import type { SessionStore } from './session.store.js';

/** Injects the {@link SessionSettings}. */
export const SESSION_SETTINGS = Symbol('portcullis.sessions');

/** What of the options this room reads. */
export interface SessionSettings {
  readonly sessions: SessionOptions;
  /** Refresh tokens begin like API keys do. */
  readonly apiKeys: { readonly prefix: string };
  readonly tokens?: {
    readonly issuer?: {
      readonly url: string;
      readonly lifetimeSeconds: number;
      readonly keyEncryptionKeys?: readonly string[];
      readonly signingKey?: object;
    };
    readonly clockToleranceSeconds: number;
    readonly maxLifetimeSeconds: number;
  };
  readonly stores: { readonly sessions: SessionStore };
  /** Addresses are kept for as long as the audit log keeps its own. */
  readonly audit: { readonly retentionDays: number };
  readonly now: Clock;
}
