import { defineRefusal } from '../errors.js';

declare module '../errors.js' {
  interface RefusalCodes {
    invalid_signature: true;
  }
}

export const INVALID_SIGNATURE = defineRefusal('invalid_signature', {
  status: 403,
  title: 'Invalid signature',
  detail: 'The message is not signed as it must be.',
});
