import { defineRefusal } from '../errors.js';

declare module '../errors.js' {
  interface RefusalCodes {
    invalid_api_key: true;
    ungrantable_scope: true;
    access_token_required: true;
    address_not_allowed: true;
    api_key_conflict: true;
  }
}

export const INVALID_API_KEY = defineRefusal('invalid_api_key', {
  status: 401,
  title: 'Invalid API key',
  detail: 'The API key is malformed, unknown, expired or revoked.',
});

export const UNGRANTABLE_SCOPE = defineRefusal('ungrantable_scope', {
  status: 403,
  title: 'Scope not grantable',
  detail: 'A credential can only be given scopes that its maker may hand out.',
});

export const ACCESS_TOKEN_REQUIRED = defineRefusal('access_token_required', {
  status: 403,
  title: 'Access token required',
  detail:
    'This can only be done by somebody who has logged in, not with a personal token or a token of another application.',
});

export const ADDRESS_NOT_ALLOWED = defineRefusal('address_not_allowed', {
  status: 403,
  title: 'Address not allowed',
  detail: 'The credential is valid but may not be used from this address.',
});

export const API_KEY_CONFLICT = defineRefusal('api_key_conflict', {
  status: 409,
  title: 'API key conflict',
  detail: 'The state of the API keys does not allow it.',
});

export const API_KEY_REFUSALS = [
  INVALID_API_KEY,
  UNGRANTABLE_SCOPE,
  ACCESS_TOKEN_REQUIRED,
  ADDRESS_NOT_ALLOWED,
  API_KEY_CONFLICT,
];
