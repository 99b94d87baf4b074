import type { FactorRecord } from '@portcullis/auth';

/** The kind of factor that passkeys are. */
export const PASSKEY_KIND = 'passkey';

/** What is kept of a passkey besides the id of its credential, which is the factor's handle, and its counter. Nothing of it is secret. */
export interface PasskeyData {
  /** COSE, in base64url. */
  readonly publicKey: string;
  /** In base64url: by what the device knows the account. Random, so that it says nothing of the user. */
  readonly userHandle: string;
  /** Whether the device may copy it to others, as those of Apple, Google and password managers are. It never changes. */
  readonly isSynced: boolean;
  /** Whether that was done when it was used last, or else registered. */
  readonly isBackedUp: boolean;
  /** How the device is reached, for browsers. */
  readonly transports: readonly string[];
  /** The make of the device, by its own word. */
  readonly aaguid: string;
}

export function passkeyDataOf({ data }: FactorRecord): PasskeyData {
  return JSON.parse(data);
}

/** What browsers need to find a passkey, or to see that the device has it already. */
export function descriptorOf(factor: FactorRecord): { id: string; transports: never[] } {
  return { id: factor.handle ?? '', transports: [...passkeyDataOf(factor).transports] as never[] };
}

/** How it proves somebody (RFC 8176): by a key that stays in one device, or by one that is copied; its user was there. */
export function amrOf({ isSynced }: PasskeyData): readonly string[] {
  return [isSynced ? 'swk' : 'hwk', 'user'];
}
