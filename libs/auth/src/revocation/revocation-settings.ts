import type { Clock } from '../options/clock.js';
import type { RevocationStore } from './revocation.store.js';

/** Injects the {@link RevocationSettings}. */
export const REVOCATION_SETTINGS = Symbol('portcullis.revocation');

/** What of the options this room reads. */
export interface RevocationSettings {
  /** How long what can be revoked lives; undefined where no tokens are accepted. */
  readonly tokens?: {
    /** This app's own issuer, if it is one. */
    readonly issuer?: { readonly url: string };
    readonly clockToleranceSeconds: number;
    readonly maxLifetimeSeconds: number;
    readonly maxSessionSeconds: number;
  };
  readonly stores: { readonly revocations: RevocationStore };
  readonly now: Clock;
}
