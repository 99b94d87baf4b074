import { defineRefusal, PortcullisError } from '@portcullis/auth';

declare module '@portcullis/auth' {
  interface RefusalCodes {
    login_not_begun: true;
    single_sign_on_failed: true;
    account_link_required: true;
    account_link_conflict: true;
    invalid_logout_token: true;
  }
}

export const LOGIN_NOT_BEGUN = defineRefusal('login_not_begun', {
  status: 400,
  title: 'Login not begun',
  detail: 'The login was not begun in this browser, has taken too long, or is used up: begin it again.',
});

/** One text, whatever is wrong. */
export const SIGN_ON_FAILED = defineRefusal('single_sign_on_failed', {
  status: 401,
  title: 'Single sign-on failed',
  detail:
    'The other side has not confirmed who you are, or you may not log in here: try again, or another way.',
});

export const ACCOUNT_LINK_REQUIRED = defineRefusal('account_link_required', {
  status: 409,
  title: 'Account link required',
  detail: 'No account here is linked to yours there: log in another way, and link it.',
});

export const ACCOUNT_LINK_CONFLICT = defineRefusal('account_link_conflict', {
  status: 409,
  title: 'Conflicting account link',
  detail: 'One of the accounts is linked already, or the link is the last way to log in.',
});

export const INVALID_LOGOUT_TOKEN = defineRefusal('invalid_logout_token', {
  status: 400,
  title: 'Invalid logout token',
  detail: 'The logout token is not right, or was used already.',
});

/** @param reason for the operator */
export function notBegun(reason: string): PortcullisError {
  return new PortcullisError(LOGIN_NOT_BEGUN, reason);
}

/** @param reason for the operator; it never holds a code or a token */
export function signOnFailed(reason: string): PortcullisError {
  return new PortcullisError(SIGN_ON_FAILED, reason);
}

/** @param reason for the operator */
export function linkConflict(reason: string): PortcullisError {
  return new PortcullisError(ACCOUNT_LINK_CONFLICT, reason);
}
