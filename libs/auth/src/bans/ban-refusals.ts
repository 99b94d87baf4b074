import { defineRefusal } from '../errors.js';

declare module '../errors.js' {
  interface RefusalCodes {
    address_banned: true;
  }
}

export const REFUSE_BANNED = defineRefusal('address_banned', {
  status: 403,
  title: 'Address banned',
  detail: 'Requests from this address are refused for now.',
});
