import { defineRefusal } from '../errors.js';

declare module '../errors.js' {
  interface RefusalCodes {
    mfa_failed: true;
    invalid_login_ticket: true;
    factor_conflict: true;
  }
}

export const MFA_FAILED = defineRefusal('mfa_failed', {
  status: 401,
  title: 'Second factor not proven',
  detail: 'The code, or what else was sent, does not prove the factor.',
});

export const INVALID_LOGIN_TICKET = defineRefusal('invalid_login_ticket', {
  status: 401,
  title: 'Invalid login ticket',
  detail: 'The ticket is malformed, expired or used up, or of another client or network: log in again.',
});

export const FACTOR_CONFLICT = defineRefusal('factor_conflict', {
  status: 409,
  title: 'Conflicting factor',
  detail: 'The user has as many factors as there may be, or too few of them to lose one.',
});

export const MFA_REFUSALS = [MFA_FAILED, INVALID_LOGIN_TICKET, FACTOR_CONFLICT];
