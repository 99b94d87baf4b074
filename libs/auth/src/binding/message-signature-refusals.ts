import { defineRefusal } from '../errors.js';

declare module '../errors.js' {
  interface RefusalCodes {
    invalid_message_signature: true;
  }
}

export const INVALID_MESSAGE_SIGNATURE = defineRefusal('invalid_message_signature', {
  status: 401,
  title: 'Invalid message signature',
  detail:
    'The credential works only with a signature over the request, which is missing, malformed, used before, or not made for this request.',
});
