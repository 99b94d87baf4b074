import { defineRefusal } from '@portcullis/auth';

declare module '@portcullis/auth' {
  interface RefusalCodes {
    invalid_carrier_signature: true;
    wrong_depot: true;
  }
}

export const INVALID_CARRIER_SIGNATURE = defineRefusal('invalid_carrier_signature', {
  status: 401,
  title: 'Invalid carrier signature',
  detail: 'The call is not signed by a carrier that this depot knows.',
  page: 'https://depot.example/errors/invalid-carrier-signature',
});

export const WRONG_DEPOT = defineRefusal('wrong_depot', {
  status: 403,
  title: 'Wrong depot',
  detail: 'The caller belongs to another depot.',
  page: 'https://depot.example/errors/wrong-depot',
});
