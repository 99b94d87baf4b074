import { defineRefusal } from '../errors.js';

declare module '../errors.js' {
  interface RefusalCodes {
    insufficient_claims: true;
    insufficient_user_authentication: true;
  }
}

export const INSUFFICIENT_CLAIMS = defineRefusal('insufficient_claims', {
  status: 403,
  title: 'Insufficient claims',
  detail: 'The token is valid but does not claim what this resource demands.',
});

/** RFC 9470 section 3. */
export const INSUFFICIENT_USER_AUTHENTICATION = defineRefusal('insufficient_user_authentication', {
  status: 401,
  title: 'Insufficient user authentication',
  detail: 'The token is valid, but this resource demands a stronger or a more recent login.',
});
