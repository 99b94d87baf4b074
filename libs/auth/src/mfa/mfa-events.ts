import { defineEvent } from '../events/event-definition.js';

/** What events say of a factor. Nothing of it proves anybody. */
export interface FactorFacts {
  readonly factorId: string;
  /** `totp`, `recovery-codes`, `passkey`. */
  readonly factor: string;
  /** Whose it is. */
  readonly subject: string;
}

declare module '../events/security-event.js' {
  interface SecurityEventTypes {
    'factor.added': FactorFacts & Actor;
    'factor.removed': FactorFacts & Actor;
    'factor.used': FactorFacts & Actor;
    'factor.failed': Omit<FactorFacts, 'factorId'> & Actor;
    'recovery-code.used': FactorFacts &
      Actor & {
        /** How many codes are left. */
        readonly left: number;
      };
  }
}

export const FACTOR_ADDED = defineEvent('factor.added', { audit: 'decision', log: 'never' });
export const FACTOR_REMOVED = defineEvent('factor.removed', { audit: 'decision', log: 'never' });
export const FACTOR_USED = defineEvent('factor.used', { audit: 'decision', log: 'never' });
export const FACTOR_FAILED = defineEvent('factor.failed', {
  // Who is asked for a factor has proven another one.
  audit: { weight: 'flood', caller: ({ subject }) => JSON.stringify(['subject', subject]) },
  log: 'never',
});
export const RECOVERY_CODE_USED = defineEvent('recovery-code.used', {
  audit: 'decision',
  log: {
    level: 'warn',
    line: ({ subject, left, address = 'an unknown address' }) =>
      `${subject} has used a recovery code from ${address}; ${left} are left`,
  },
});

export const MFA_EVENTS = [FACTOR_ADDED, FACTOR_REMOVED, FACTOR_USED, FACTOR_FAILED, RECOVERY_CODE_USED];
