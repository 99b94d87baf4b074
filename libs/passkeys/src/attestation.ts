import type { RegistrationResponseJSON } from '@simplewebauthn/server';
import { decodeAttestationObject } from '@simplewebauthn/server/helpers';

/**
 * Whether a registration says nothing of who made the device, as we have asked for: no statement, or one by the new key itself (WebAuthn
 * Level 3, section 6.5.4). Any other one would have certificates read and revocation lists fetched that a stranger has chosen.
 */
export function isPlainAttestation({ response }: RegistrationResponseJSON): boolean {
  try {
    const attestation = decodeAttestationObject(Buffer.from(response.attestationObject, 'base64url'));
    const format = attestation.get('fmt');
    return format === 'none' || (format === 'packed' && attestation.get('attStmt').get('x5c') === undefined);
  } catch {
    return false;
  }
}
