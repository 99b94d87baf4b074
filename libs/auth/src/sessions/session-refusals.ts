import { defineRefusal } from '../errors.js';

declare module '../errors.js' {
  interface RefusalCodes {
    invalid_refresh_token: true;
    cross_site_request: true;
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

export const SESSION_REFUSALS = [INVALID_REFRESH_TOKEN, CROSS_SITE_REQUEST];
