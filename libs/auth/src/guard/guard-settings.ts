import type { Clock } from '../options/clock.js';

/** Injects the {@link GuardSettings}. */
export const GUARD_SETTINGS = Symbol('portcullis.guard');

/** What of the options this room reads. */
export interface GuardSettings {
  readonly bans: {
    readonly global: boolean;
    readonly answer: 403 | 429 | 'drop' | 'tarpit';
    readonly tarpit: { readonly delaySeconds: number; readonly connections: number };
    readonly letInProven: boolean;
  };
  /** The contexts whose handlers are left to guards of their own, by what `host.getType()` says there. */
  readonly contexts: Readonly<Record<string, 'unguarded'>>;
  /** The claim that names a user's tenant; undefined where tenants are not compared. */
  readonly tenantClaim?: string;
  /** Where there is a page for each code of a refusal, as the beginning of a URL. */
  readonly errorPages?: string;
  /** `realm` in challenges. */
  readonly realm: string;
  readonly globalGuard: boolean;
  readonly now: Clock;
}
