import { defineRefusal } from '../errors.js';

declare module '../errors.js' {
  interface RefusalCodes {
    invalid_refresh_token: true;
    cross_site_request: true;
    mfa_required: true;
  }
}

export const INVALID_REFRESH_TOKEN = defineRefusal('invalid_refresh_token', {
  status: 401,
  title: 'Invalid refresh token',
  detail: 'The refresh token is malformed, expired or used up, or its session has ended: log in again.',
});

export const CROSS_SITE_REQUEST = defineRefusal('cross_site_request', {
  status: 403,
  title: 'Cross-site request',
  detail: 'A cookie is only taken from pages of the same origin, with a body in JSON.',
});

export const MFA_REQUIRED = defineRefusal('mfa_required', {
  status: 401,
  title: 'Second factor required',
  detail: 'The login is not complete: its user has to prove a second factor.',
});

export const SESSION_REFUSALS = [INVALID_REFRESH_TOKEN, CROSS_SITE_REQUEST, MFA_REQUIRED];
