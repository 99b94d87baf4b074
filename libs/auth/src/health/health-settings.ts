/** Injects the {@link HealthSettings}. */
export const HEALTH_SETTINGS = Symbol('portcullis.health');

/** What of the options this room reads. */
export interface HealthSettings {
  readonly replication: { readonly whenStale: 'reject' | 'accept' };
}
