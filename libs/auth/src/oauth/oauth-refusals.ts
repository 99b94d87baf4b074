import { defineRefusal } from '../errors.js';

declare module '../errors.js' {
  interface RefusalCodes {
    oauth_client_conflict: true;
  }
}

export const OAUTH_CLIENT_CONFLICT = defineRefusal('oauth_client_conflict', {
  status: 409,
  title: 'Conflicting client',
  detail:
    'The client is configured in the code of the app or described by itself, has no secrets, or is being changed by somebody else.',
});

export const OAUTH_REFUSALS = [OAUTH_CLIENT_CONFLICT];
