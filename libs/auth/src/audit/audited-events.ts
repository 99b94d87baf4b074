import type { SecurityEvent } from '../events/security-events.js';

/** A proposal is told again as what becomes of it. */
export type AuditedType = Exclude<SecurityEvent['type'], 'ban.proposed'>;
export type AuditedEvent = Extract<SecurityEvent, { type: AuditedType }>;

/**
 * `decision`: somebody, or a proven credential, caused it. `flood`: anybody can cause it, as often as they like; it gives way to
 * decisions. `noise`: it comes all the time, and is only kept on request.
 */
type Weight = 'decision' | 'flood' | 'noise';

const WEIGHTS: Readonly<Record<AuditedType, Weight>> = {
  'request.accepted': 'noise',
  'request.refused': 'flood',
  'credential.leaked': 'decision',
  'address.struck': 'flood',
  'identity.struck': 'flood',
  'identity.abusive': 'flood',
  'ban.vetoed': 'flood',
  'address.banned': 'decision',
  'address.unbanned': 'decision',
  'bans.imported': 'decision',
  'bans.cleared': 'decision',
  'ban.shadowed': 'noise',
  'ban-feed.loaded': 'noise',
  'ban-feed.failed': 'decision',
  'replicas.stale': 'decision',
  'replicas.fresh': 'decision',
  'clock.corrected': 'decision',
  'signing-keys.replaced': 'decision',
  'api-key.created': 'decision',
  'api-key.disabled': 'decision',
  'api-key.enabled': 'decision',
  'api-key.revoked': 'decision',
  'api-key.rotated': 'decision',
  'token.issued': 'flood',
  'tokens.revoked': 'decision',
  'token.misused': 'decision',
};

/** Every type that can be kept. */
export const AUDITED_TYPES = Object.keys(WEIGHTS) as readonly AuditedType[];

/** What is kept unless the options say otherwise. */
export const AUDITED_BY_DEFAULT: readonly AuditedType[] = AUDITED_TYPES.filter(
  (type) => WEIGHTS[type] !== 'noise',
);

/** Whether anybody can cause such events, as many as they like. */
export function isFlood(event: AuditedEvent): boolean {
  if (event.type === 'address.banned') return event.ban.rule !== null;
  if (event.type === 'credential.leaked') return event.id === undefined;
  return WEIGHTS[event.type] !== 'decision';
}
