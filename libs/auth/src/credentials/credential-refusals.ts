import { defineRefusal } from '../errors.js';

declare module '../errors.js' {
  interface RefusalCodes {
    invalid_token: true;
    tls_required: true;
  }
}

export const INVALID_TOKEN = defineRefusal('invalid_token', {
  status: 401,
  title: 'Invalid token',
  detail: 'The access token is malformed, expired, revoked or not meant for this API.',
});

export const TLS_REQUIRED = defineRefusal('tls_required', {
  status: 403,
  title: 'TLS required',
  detail:
    'A credential was sent over an unencrypted connection and must now be considered leaked. Replace it and use https.',
});
