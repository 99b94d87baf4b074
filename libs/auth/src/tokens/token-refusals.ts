import { defineRefusal } from '../errors.js';

declare module '../errors.js' {
  interface RefusalCodes {
    insufficient_claims: true;
  }
}

export const INSUFFICIENT_CLAIMS = defineRefusal('insufficient_claims', {
  status: 403,
  title: 'Insufficient claims',
  detail: 'The token is valid but does not claim what this resource demands.',
});
