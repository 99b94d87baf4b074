import type { Clock } from '../options/clock.js';
import type { AuditOptions } from './audit.options.js';
import type { AuditStore } from './audit.store.js';

/** Injects the {@link AuditSettings}. */
export const AUDIT_SETTINGS = Symbol('portcullis.audit');

/** What of the options this room reads. */
export interface AuditSettings {
  readonly audit: AuditOptions;
  readonly stores: { readonly audit?: AuditStore };
  readonly now: Clock;
}
