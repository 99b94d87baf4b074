import { hkdfSync, randomBytes } from 'node:crypto';
import { encryptionKeyOf } from './sealer.js';

const KEY_BYTES = 32;

/**
 * Keys for one purpose, made of the app's key-encryption keys in their order (RFC 5869): no other use of the same secrets has the same
 * keys. The first one is for what is made now, all of them for what was made before.
 *
 * @param keyEncryptionKeys 32 bytes each, in Base64; where there are none the only key is known to this process alone
 * @param purpose what the keys are for, in words that no other use has
 */
export function derivedKeys(
  keyEncryptionKeys: readonly string[] | undefined,
  purpose: string,
): readonly Buffer[] {
  const secrets = (keyEncryptionKeys ?? []).map(encryptionKeyOf).filter((key) => key !== undefined);
  return (secrets.length > 0 ? secrets : [randomBytes(KEY_BYTES)]).map((secret) =>
    Buffer.from(hkdfSync('sha256', secret, '', purpose, KEY_BYTES)),
  );
}
