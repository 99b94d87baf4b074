import { defineRefusal, PortcullisError } from '@portcullis/auth';

declare module '@portcullis/auth' {
  interface RefusalCodes {
    invalid_passkey: true;
    passkey_not_registered: true;
  }
}

/** One text, whatever is wrong. */
export const INVALID_PASSKEY = defineRefusal('invalid_passkey', {
  status: 401,
  title: 'Invalid passkey',
  detail:
    'The passkey is not known here, or what the device has answered is not right: ask for new options and try again.',
});

export const PASSKEY_NOT_REGISTERED = defineRefusal('passkey_not_registered', {
  status: 400,
  title: 'Passkey not registered',
  detail:
    'The passkey is registered already, or what the device has answered is not right: ask for new options and try again.',
});

/** @param reason for the operator */
export function invalid(reason: string, cause?: unknown): PortcullisError {
  return new PortcullisError(INVALID_PASSKEY, reason, { cause });
}

/** @param reason for the operator */
export function notRegistered(reason: string, cause?: unknown): PortcullisError {
  return new PortcullisError(PASSKEY_NOT_REGISTERED, reason, { cause });
}
